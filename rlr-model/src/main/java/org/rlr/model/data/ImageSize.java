package org.rlr.model.data;

import java.util.Comparator;

/**
 * Width and height of an image in pixels.
 *
 * @param width pixels per row
 * @param height rows
 */
public record ImageSize(int width, int height) {
    /** Orders sizes by their number of pixels, then by width. */
    public static final Comparator<ImageSize> BY_PIXELS =
            Comparator.comparingLong(ImageSize::pixels).thenComparingInt(ImageSize::width);

    /** {@return the number of pixels} */
    public long pixels() {
        return (long) width * height;
    }

    @Override
    public String toString() {
        return width + "×" + height;
    }
}
