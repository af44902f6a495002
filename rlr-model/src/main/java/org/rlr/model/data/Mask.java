package org.rlr.model.data;

/**
 * Where an image is anomalous.
 *
 * @param width     pixels per row
 * @param height    rows
 * @param anomalous row by row, {@code height · width} values; not copied, treat it as read-only
 */
public record Mask(int width, int height, boolean[] anomalous) {
    /** A mask around the given values. */
    public Mask {
        if (width <= 0 || height <= 0 || (long) width * height != anomalous.length) {
            throw new IllegalArgumentException("a mask of " + width + "×" + height + " cannot have " + anomalous.length + " pixels");
        }
    }

    /** Whether any pixel is set. */
    public boolean any() {
        for (boolean pixel : anomalous) {
            if (pixel) {
                return true;
            }
        }
        return false;
    }

    /** The mask at another size by nearest neighbour, as {@link Resize#nearest}. */
    public Mask resized(int newWidth, int newHeight) {
        if (newWidth == width && newHeight == height) {
            return this;
        }
        int[] columns = Resize.nearestIndices(width, newWidth);
        int[] rows = Resize.nearestIndices(height, newHeight);
        boolean[] result = new boolean[Math.multiplyExact(newWidth, newHeight)];
        for (int y = 0, at = 0; y < newHeight; y++) {
            for (int x = 0; x < newWidth; x++, at++) {
                result[at] = anomalous[rows[y] * width + columns[x]];
            }
        }
        return new Mask(newWidth, newHeight, result);
    }
}
