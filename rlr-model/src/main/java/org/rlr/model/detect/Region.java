package org.rlr.model.detect;

/**
 * A connected part of an anomaly map above a threshold, in pixels of the map or of another size that it was scaled to.
 *
 * @param x left column
 * @param y top row
 * @param width columns
 * @param height rows
 * @param area number of pixels above the threshold; approximate if scaled
 * @param peak its largest value
 * @param peakX column of the largest value
 * @param peakY row of the largest value
 */
public record Region(int x, int y, int width, int height, int area, float peak, int peakX, int peakY) {
    /** The smallest box of whole pixels of another size that covers it. */
    Region scaled(int mapWidth, int mapHeight, int toWidth, int toHeight) {
        int left = first(x, mapWidth, toWidth);
        int top = first(y, mapHeight, toHeight);
        double factor = (double) toWidth / mapWidth * toHeight / mapHeight;
        return new Region(
                left,
                top,
                end(x + width, mapWidth, toWidth) - left,
                end(y + height, mapHeight, toHeight) - top,
                (int) Math.max(1, Math.min(Integer.MAX_VALUE, Math.round(area * factor))),
                peak,
                centre(peakX, mapWidth, toWidth),
                centre(peakY, mapHeight, toHeight));
    }

    private static int first(int pixel, int from, int to) {
        return (int) ((long) pixel * to / from);
    }

    private static int end(int pixel, int from, int to) {
        return (int) (((long) pixel * to + from - 1) / from);
    }

    private static int centre(int pixel, int from, int to) {
        return (int) ((2L * pixel + 1) * to / (2L * from));
    }
}
