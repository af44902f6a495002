package org.rlr.model.data;

/**
 * The weights of a one-dimensional Lanczos-3 resampling, computed once per pair of sizes. Output {@code o} is the sum
 * over {@code t < count[o]} of {@code weights[o·stride + t]} times the input sample {@code first[o] + t}; weights are
 * fixed-point numbers with {@link #PRECISION} fraction bits that sum to one. Scale, support, centre and rounding as in
 * Pillow.
 */
final class LanczosTaps {
    /** Fraction bits of a weight: 32 bits less 8 for a sample and 2 for the overshoot. */
    static final int PRECISION = 32 - 8 - 2;

    private static final int LOBES = 3;

    final int[] first;
    final int[] count;
    final int[] weights;
    final int stride;

    private LanczosTaps(int outputs, int stride) {
        this.first = new int[outputs];
        this.count = new int[outputs];
        this.weights = new int[Math.multiplyExact(outputs, stride)];
        this.stride = stride;
    }

    static LanczosTaps of(int in, int out) {
        double scale = (double) in / out;
        double filterScale = Math.max(scale, 1);
        double support = LOBES * filterScale;
        LanczosTaps taps = new LanczosTaps(out, (int) Math.ceil(support) * 2 + 1);
        double[] weights = new double[taps.stride];
        for (int o = 0; o < out; o++) {
            double center = (o + 0.5) * scale;
            int from = Math.max(0, (int) (center - support + 0.5));
            int to = Math.min(in, (int) (center + support + 0.5));
            double sum = 0;
            for (int t = 0; t < to - from; t++) {
                weights[t] = lanczos((t + from - center + 0.5) / filterScale);
                sum += weights[t];
            }
            taps.first[o] = from;
            taps.count[o] = to - from;
            for (int t = 0; t < to - from; t++) {
                // half away from zero, as a C cast of ±0.5 + x rounds
                double weight = weights[t] / sum * (1 << PRECISION);
                taps.weights[o * taps.stride + t] = (int) (weight < 0 ? weight - 0.5 : weight + 0.5);
            }
        }
        return taps;
    }

    private static double lanczos(double x) {
        return x >= -LOBES && x < LOBES ? sinc(x) * sinc(x / LOBES) : 0;
    }

    private static double sinc(double x) {
        if (x == 0) {
            return 1;
        }
        return Math.sin(x * Math.PI) / (x * Math.PI);
    }
}
