package org.rlr.model.data;

/**
 * Width and height of an image in pixels.
 *
 * @param width  pixels per row
 * @param height rows
 */
public record ImageSize(int width, int height) {
    /** Pixels in all. */
    public long pixels() {
        return (long) width * height;
    }

    @Override
    public String toString() {
        return width + "×" + height;
    }
}
