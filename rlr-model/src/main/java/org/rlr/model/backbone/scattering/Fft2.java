package org.rlr.model.backbone.scattering;

/**
 * Two-dimensional discrete Fourier transforms of a batch of equally large images, not normalised. Images lie side by
 * side, {@code [height][batch][width]}; spectra are kept transposed, {@code [width][batch][height]}, which saves one
 * transposition each way. Immutable and safe for use by several threads.
 */
final class Fft2 {
    private static final int TILE = 16;

    private final Fft alongHeight;
    private final Fft alongWidth;

    /**
     * Plans transforms of one image size.
     *
     * @throws IllegalArgumentException if height or width has a prime factor other than 2, 3 and 5
     */
    Fft2(int height, int width) {
        this.alongHeight = new Fft(height);
        this.alongWidth = height == width ? alongHeight : new Fft(width);
    }

    int height() {
        return alongHeight.length();
    }

    int width() {
        return alongWidth.length();
    }

    /** Pixels of one image. */
    int size() {
        return height() * width();
    }

    /**
     * Transforms images {@code [height][batch][width]} to spectra {@code [width][batch][height]}; overwrites both
     * arguments and returns the one with the result.
     */
    Planes forward(Planes data, Planes scratch, Planes rows, int batch) {
        return transform(alongHeight, alongWidth, data, scratch, rows, batch);
    }

    /**
     * Transforms spectra {@code [width][batch][height]} to images {@code [height][batch][width]}, multiplied by
     * {@link #size}; otherwise as {@link #forward}.
     */
    Planes inverse(Planes data, Planes scratch, Planes rows, int batch) {
        return transform(alongWidth, alongHeight, data.exchanged(), scratch.exchanged(), rows, batch)
                .exchanged();
    }

    private static Planes transform(Fft first, Fft second, Planes data, Planes scratch, Planes rows, int batch) {
        Planes x = first.forward(data, scratch, rows, batch * second.length());
        Planes y = x.re() == data.re() ? scratch : data;
        transpose(x.re(), y.re(), first.length(), batch, second.length());
        transpose(x.im(), y.im(), first.length(), batch, second.length());
        return second.forward(y, x, rows, batch * first.length());
    }

    /** {@code [rows][batch][columns]} to {@code [columns][batch][rows]}. */
    private static void transpose(float[][] x, float[][] y, int rows, int batch, int columns) {
        for (int b = 0; b < batch; b++) {
            for (int r0 = 0; r0 < rows; r0 += TILE) {
                int r1 = Math.min(rows, r0 + TILE);
                for (int c0 = 0; c0 < columns; c0 += TILE) {
                    int c1 = Math.min(columns, c0 + TILE);
                    for (int r = r0; r < r1; r++) {
                        float[] from = x[r];
                        for (int c = c0; c < c1; c++) {
                            y[c][b * rows + r] = from[b * columns + c];
                        }
                    }
                }
            }
        }
    }
}
