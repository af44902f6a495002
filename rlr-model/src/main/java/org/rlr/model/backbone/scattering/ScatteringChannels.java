package org.rlr.model.backbone.scattering;

/**
 * Positions of the scattering coefficients in a token:
 *
 * <ol>
 *   <li>order 0: luminance, then the two colour differences;
 *   <li>order 1 of luminance: scale by scale, {@code orientations} values each;
 *   <li>order 1 of each colour difference in the same way, from scale 1 on, as colour is sampled at half resolution;
 *   <li>order 2 of luminance: pair by pair {@code (j1, j2)}, {@code j1 < j2}, in the order (0,1), (0,2), (1,2), (0,3)
 *       ...; within a pair by first orientation, then by three bins of the angle between first and second orientation:
 *       along, oblique, across.
 * </ol>
 *
 * @param scales J
 * @param orientations L
 * @param maxOrder the highest order present, 0 to 2
 */
record ScatteringChannels(int scales, int orientations, int maxOrder) {
    /** Luminance and two colour differences. */
    static final int COLOURS = 3;
    /** Bins of the angle between the orientations of a second-order path. */
    static final int ANGLE_BINS = 3;

    int count() {
        return firstOfOrder2() + (maxOrder < 2 ? 0 : scales * (scales - 1) / 2 * orientations * ANGLE_BINS);
    }

    private int firstOfOrder2() {
        return COLOURS + (maxOrder < 1 ? 0 : (scales + (COLOURS - 1) * (scales - 1)) * orientations);
    }

    /** Order 0 of a colour (0 is luminance). */
    int order0(int colour) {
        return colour;
    }

    /** The first orientation of order 1 of a colour at a scale; colour differences have no scale 0. */
    int order1(int colour, int scale) {
        int position = colour == 0 ? scale : scales + (colour - 1) * (scales - 1) + scale - 1;
        return COLOURS + position * orientations;
    }

    /** The first angle bin of order 2 at scales {@code first < second}, for one first orientation. */
    int order2(int first, int orientation, int second) {
        int pair = second * (second - 1) / 2 + first;
        return firstOfOrder2() + (pair * orientations + orientation) * ANGLE_BINS;
    }

    /**
     * The weight of a second orientation in each angle bin, {@code [difference modulo L][bin]}: linear interpolation
     * between bins centred at 0, 45 and 90 degrees, normalised so that each bin is a mean.
     */
    float[][] angleWeights() {
        double spacing = orientations / 4.0;
        double[][] weights = new double[orientations][ANGLE_BINS];
        double[] sums = new double[ANGLE_BINS];
        for (int difference = 0; difference < orientations; difference++) {
            int folded = Math.min(difference, orientations - difference);
            for (int bin = 0; bin < ANGLE_BINS; bin++) {
                weights[difference][bin] = Math.max(0, 1 - Math.abs(folded / spacing - bin));
                sums[bin] += weights[difference][bin];
            }
        }
        float[][] result = new float[orientations][ANGLE_BINS];
        for (int difference = 0; difference < orientations; difference++) {
            for (int bin = 0; bin < ANGLE_BINS; bin++) {
                result[difference][bin] = (float) (weights[difference][bin] / sums[bin]);
            }
        }
        return result;
    }
}
