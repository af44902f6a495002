package org.rlr.model.backbone.scattering;

/**
 * An image with a mirrored border (without repeating the edge pixel). The border is so wide that circular convolution
 * hardly leaks from one side to the other, and the padded size suits the Fourier transform at each resolution.
 *
 * @param height rows of the image
 * @param width columns of the image
 * @param paddedHeight rows with the border
 * @param paddedWidth columns with the border
 */
record PaddedGrid(int height, int width, int paddedHeight, int paddedWidth) {
    /**
     * Returns the grid for an image whose height and width are multiples of {@code 2^scales}; the border on each side
     * is at least that wide.
     */
    static PaddedGrid of(int height, int width, int scales) {
        return new PaddedGrid(height, width, padded(height, 1 << scales), padded(width, 1 << scales));
    }

    private static int padded(int size, int cell) {
        int cells = size / cell + 2;
        while (!Fft.supports(cells)) {
            cells++;
        }
        return cells * cell;
    }

    /** Rows above the image. */
    int top() {
        return (paddedHeight - height) / 2;
    }

    /** Columns left of the image. */
    int left() {
        return (paddedWidth - width) / 2;
    }

    /** The row of the image that a padded row mirrors. */
    int sourceRow(int paddedRow) {
        return mirror(paddedRow - top(), height);
    }

    /** The column of the image that a padded column mirrors. */
    int sourceColumn(int paddedColumn) {
        return mirror(paddedColumn - left(), width);
    }

    private static int mirror(int index, int size) {
        if (size == 1) {
            return 0;
        }
        int period = 2 * (size - 1);
        int phase = Math.floorMod(index, period);
        return Math.min(phase, period - phase);
    }
}
