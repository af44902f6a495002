package org.rlr.model.data;

import java.awt.image.BufferedImage;
import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * An 8-bit RGB image: the decoded form of every image file, and the source of a backbone's input.
 *
 * <p>{@code rgb} holds {@code height × width × 3} bytes, row by row, red first. Neither the constructor nor
 * {@link #rgb()} copies the array, because it is large. Treat it as read-only.
 *
 * @param width pixels per row
 * @param height rows
 * @param rgb samples, unsigned, interleaved
 */
public record RgbImage(int width, int height, byte[] rgb) {
    /** The number of channels. */
    public static final int CHANNELS = 3;

    /**
     * Creates an image from the given samples, without copying them.
     *
     * @throws IllegalArgumentException if there are no samples, or not {@code height × width × 3}
     */
    public RgbImage {
        Objects.requireNonNull(rgb, "rgb");
        if (width <= 0 || height <= 0 || (long) width * height * CHANNELS != rgb.length) {
            throw new IllegalArgumentException("an RGB image of " + width + "×" + height + " needs "
                    + (long) width * height * CHANNELS + " samples, not " + rgb.length);
        }
    }

    /**
     * Converts a Java image to 8-bit RGB: alpha is dropped, grey is repeated, 16-bit samples keep their high byte.
     * Java's colour management, which would shift grey values, is not applied.
     *
     * @param image of any size
     * @return its samples
     * @throws IllegalArgumentException if the image's colours are neither grey, RGB nor CMYK, or its samples are not
     *     integers
     */
    public static RgbImage of(BufferedImage image) {
        PixelReader pixels = PixelReader.of(image);
        Images.checked("the image", pixels.size());
        return pixels.toRgb();
    }

    /** {@return a copy as a Java image of type {@link BufferedImage#TYPE_INT_RGB}} */
    public BufferedImage toBufferedImage() {
        BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
        int[] row = new int[width];
        for (int y = 0, at = 0; y < height; y++) {
            for (int x = 0; x < width; x++, at += CHANNELS) {
                row[x] = ((rgb[at] & 0xff) << 16) | ((rgb[at + 1] & 0xff) << 8) | (rgb[at + 2] & 0xff);
            }
            image.setRGB(0, y, width, 1, row, 0, width);
        }
        return image;
    }

    /** {@return the width and height} */
    public ImageSize size() {
        return new ImageSize(width, height);
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof RgbImage image
                && width == image.width
                && height == image.height
                && Arrays.equals(rgb, image.rgb);
    }

    @Override
    public int hashCode() {
        return 31 * (31 * width + height) + Arrays.hashCode(rgb);
    }

    @Override
    public String toString() {
        return "RgbImage[" + width + "×" + height + "]";
    }
}
