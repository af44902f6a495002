package org.rlr.tensor.backend;

import java.util.Random;

/**
 * Sizes and values for tests. The seed is fixed for reproducible builds; {@code -Drlr.test.seed=N} sets another,
 * {@code -Drlr.test.seed=random} a random one. Failure messages contain it.
 */
public final class ShapeFuzz {
    /** The lane counts of processors, each also minus and plus one; 0, 1, and odd sizes in between. */
    public static final int[] EDGES = {
        0, 1, 2, 3, 4, 5, 7, 8, 9, 13, 15, 16, 17, 23, 31, 32, 33, 47, 63, 64, 65, 100, 127, 128, 129
    };

    private final long seed;
    private final Random random;

    private ShapeFuzz(long seed) {
        this.seed = seed;
        this.random = new Random(seed);
    }

    /** The generator of one test. */
    public static ShapeFuzz create() {
        String wish = System.getProperty("rlr.test.seed", "20240917");
        return new ShapeFuzz(wish.equals("random") ? System.nanoTime() : Long.parseLong(wish));
    }

    /** The setting that repeats this run. */
    @Override
    public String toString() {
        return "-Drlr.test.seed=" + seed;
    }

    /** One of {@link #EDGES}. */
    public int size() {
        return EDGES[random.nextInt(EDGES.length)];
    }

    /** One of {@link #EDGES} between the bounds, inclusive. */
    public int size(int least, int most) {
        while (true) {
            int n = size();
            if (n >= least && n <= most) {
                return n;
            }
        }
    }

    /** An integer between the bounds, inclusive. */
    public int between(int least, int most) {
        return least + random.nextInt(most - least + 1);
    }

    /** True or false. */
    public boolean flip() {
        return random.nextBoolean();
    }

    /** Normal numbers that a float holds exactly. */
    public double[] normals(int n) {
        double[] values = new double[n];
        for (int i = 0; i < n; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return values;
    }

    /** Uniform numbers between two bounds that a float holds exactly. */
    public double[] uniforms(int n, double least, double most) {
        double[] values = new double[n];
        for (int i = 0; i < n; i++) {
            values[i] = (float) (least + random.nextDouble() * (most - least));
        }
        return values;
    }
}
