package org.rlr.model.report;

/**
 * The colours of scores: blue, cyan, green, yellow, orange, red, with the perceptually even stops of "turbo", without
 * its nearly black ends, which are invisible on dark products.
 */
final class ColorMap {
    private static final int[] STOPS = {
        0x4145ab, 0x4675ed, 0x39a2fc, 0x1bcfd4, 0x24eca6, 0x61fc6c, 0xa4fc3b, 0xd1e834, 0xf3c63a, 0xfe9b2d, 0xf36315,
        0xd93806
    };

    private ColorMap() {}

    /** Returns a channel (0 red, 1 green, 2 blue) of the colour at a position in 0…1, in 0…255. */
    static double channel(double position, int channel) {
        double stop = position * (STOPS.length - 1);
        int below = (int) Math.min(stop, STOPS.length - 2);
        int shift = 16 - 8 * channel;
        int from = STOPS[below] >> shift & 0xff;
        int to = STOPS[below + 1] >> shift & 0xff;
        return from + (stop - below) * (to - from);
    }
}
