package org.rlr.model.data;

import java.awt.image.BufferedImage;
import java.util.Arrays;

/**
 * The anomalous pixels of an image.
 *
 * @param width pixels per row
 * @param height rows
 * @param anomalous row by row, {@code height · width} values; not copied, treat it as read-only
 */
public record Mask(int width, int height, boolean[] anomalous) {
    /**
     * Creates a mask from the given values, without copying them.
     *
     * @throws IllegalArgumentException if there are no values, or not {@code height · width}
     */
    public Mask {
        if (width <= 0 || height <= 0 || (long) width * height != anomalous.length) {
            throw new IllegalArgumentException(
                    "a mask of " + width + "×" + height + " cannot have " + anomalous.length + " pixels");
        }
    }

    /** {@return whether any pixel is set} */
    public boolean any() {
        for (boolean pixel : anomalous) {
            if (pixel) {
                return true;
            }
        }
        return false;
    }

    /**
     * Returns the union of this mask and another of the same size.
     *
     * @param other the other mask
     * @return the union
     * @throws IllegalArgumentException if the sizes differ
     */
    public Mask or(Mask other) {
        if (other.width != width || other.height != height) {
            throw new IllegalArgumentException("masks of " + width + "×" + height + " and " + other.width + "×"
                    + other.height + " cannot be joined");
        }
        boolean[] union = anomalous.clone();
        for (int i = 0; i < union.length; i++) {
            union[i] |= other.anomalous[i];
        }
        return new Mask(width, height, union);
    }

    /**
     * Returns the mask as a grey image: 255 for anomalous pixels, else 0.
     *
     * @return an image of type {@link BufferedImage#TYPE_BYTE_GRAY}
     */
    public BufferedImage toBufferedImage() {
        BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_BYTE_GRAY);
        byte[] row = new byte[width];
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                row[x] = (byte) (anomalous[y * width + x] ? 255 : 0);
            }
            image.getRaster().setDataElements(0, y, width, 1, row);
        }
        return image;
    }

    /**
     * Returns the mask with gaps and holes narrower than {@code 2·radius} pixels closed: dilated by a square, then
     * eroded by it.
     *
     * @param radius pixels, at least 0
     * @return a mask of the same size
     */
    public Mask closed(int radius) {
        boolean[] grown = spread(anomalous, radius, true);
        return new Mask(width, height, spread(grown, radius, false));
    }

    /** Sets every pixel to {@code value} that is within {@code radius} of such a pixel along both axes. */
    private boolean[] spread(boolean[] from, int radius, boolean value) {
        boolean[] rows = from.clone();
        boolean[] result = from.clone();
        for (int i = 0; i < from.length; i++) {
            if (from[i] == value) {
                int start = i - i % width;
                Arrays.fill(rows, Math.max(start, i - radius), Math.min(start + width, i + radius + 1), value);
            }
        }
        for (int i = 0; i < from.length; i++) {
            if (rows[i] == value) {
                for (int y = Math.max(0, i / width - radius); y <= Math.min(height - 1, i / width + radius); y++) {
                    result[y * width + i % width] = value;
                }
            }
        }
        return result;
    }

    /**
     * Returns the mask resized by nearest neighbour, like {@link Resize#nearest}.
     *
     * @param newWidth pixels per row
     * @param newHeight rows
     * @return the resized mask; this mask if it already has the size
     */
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
