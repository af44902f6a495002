package org.rlr.model.demo;

/** Smooth random fields over the plane; the same seed gives the same field on every machine. */
final class Noise {
    private final long seed;

    Noise(long seed) {
        this.seed = seed;
    }

    /** Another field with the same seed. */
    Noise other(int number) {
        return new Noise(mix(seed + number * 0x9E3779B97F4A7C15L));
    }

    /** A random number in 0…1 for a cell of the integer grid. */
    double cell(long i, long j) {
        return (mix(seed ^ mix(i * 0x632BE59BD9B4E019L + j)) >>> 11) * 0x1p-53;
    }

    /** Smooth noise in −1…1 with features of size one. */
    double at(double x, double y) {
        long i = (long) Math.floor(x);
        long j = (long) Math.floor(y);
        double u = smooth(x - i);
        double v = smooth(y - j);
        double top = cell(i, j) * (1 - u) + cell(i + 1, j) * u;
        double bottom = cell(i, j + 1) * (1 - u) + cell(i + 1, j + 1) * u;
        return 2 * (top * (1 - v) + bottom * v) - 1;
    }

    /** Noise in about −1…1 with features of size 1 and weaker ones of a half, a quarter and an eighth. */
    double rough(double x, double y) {
        double sum = 0;
        double weight = 0.53;
        for (int octave = 0; octave < 4; octave++) {
            sum += weight * at(x, y);
            x = 2 * x + 17.3;
            y = 2 * y - 9.1;
            weight /= 2;
        }
        return sum;
    }

    private static double smooth(double t) {
        return t * t * (3 - 2 * t);
    }

    /** The finaliser of splitmix64. */
    static long mix(long z) {
        z = (z ^ z >>> 30) * 0xBF58476D1CE4E5B9L;
        z = (z ^ z >>> 27) * 0x94D049BB133111EBL;
        return z ^ z >>> 31;
    }
}
