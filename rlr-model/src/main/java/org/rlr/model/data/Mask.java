package org.rlr.model.data;

import java.awt.image.BufferedImage;
import java.util.Arrays;

/**
 * Where an image is anomalous.
 *
 * @param width pixels per row
 * @param height rows
 * @param anomalous row by row, {@code height · width} values; not copied, treat it as read-only
 */
public record Mask(int width, int height, boolean[] anomalous) {
    /**
     * A mask around the given values.
     *
     * @throws IllegalArgumentException if the number of values is another, or 0
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
     * The pixels that are set in this mask or in another of the same size.
     *
     * @param other of the same size
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
     * The mask as a grey picture: 255 where anomalous, else 0.
     *
     * @return of type {@link BufferedImage#TYPE_BYTE_GRAY}
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
     * The mask with gaps and pinholes narrower than {@code 2·radius} pixels closed: grown by a square, then shrunk by
     * it.
     *
     * @param radius pixels, at least 0
     * @return a mask of the same size
     */
    public Mask closed(int radius) {
        boolean[] grown = spread(anomalous, radius, true);
        return new Mask(width, height, spread(grown, radius, false));
    }

    /** Every pixel within {@code radius} of one of {@code value}, along both axes, gets that value. */
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
     * The mask at another size by nearest neighbour, as {@link Resize#nearest}.
     *
     * @param newWidth pixels per row
     * @param newHeight rows
     * @return this mask where it has the size already
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
