package org.rlr.tensor.backend;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.util.Arrays;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** The contract of random numbers and of the optimiser's step. */
public abstract class RandomContract extends BackendContract {
    private static final int WALKERS = 37;
    private static final int STREAMS_PER_STEP = 8;

    private static double[] normals(int n, long seed, long stream) {
        double[] result = new double[n];
        int[] words = new int[4];
        for (int i = 0; i < n; i++) {
            Philox.block(seed, stream, i / 4, words);
            int pair = i % 4 / 2 * 2;
            double radius = Math.sqrt(-2 * Math.log(Philox.uniform(words[pair])));
            double angle = 2 * Math.PI * Philox.uniform(words[pair + 1]);
            result[i] = i % 2 == 0 ? radius * Math.cos(angle) : radius * Math.sin(angle);
        }
        return result;
    }

    @Test
    void normalNumbersMatchTheStream() {
        for (int n : new int[] {0, 1, 2, 3, 4, 5, 17, 1001, 50_003}) {
            long seed = 0x1234_5678_9ABC_DEF0L + n;
            View y = output(n);
            backend.normal(y, seed, 7L << 33 | 5);
            double[] exact = normals(n, seed, 7L << 33 | 5);
            ErrorBound.check("normal numbers " + n, exact, exact, read(y), 2, 4);
        }
    }

    @Test
    void normalNumbersAreNormal() {
        int n = 100_000;
        View y = output(n);
        backend.normal(y, 1, 2);
        double sum = 0;
        double squares = 0;
        double fourth = 0;
        for (float v : read(y)) {
            sum += v;
            squares += (double) v * v;
            fourth += Math.pow(v, 4);
        }
        assertEquals(0, sum / n, 0.015);
        assertEquals(1, squares / n, 0.02);
        assertEquals(3, fourth / n, 0.15);
        View other = output(n);
        backend.normal(other, 1, 3);
        assertFalse(Arrays.equals(read(y), read(other)));
    }

    @Test
    void featureJitterScalesWithTheToken() {
        for (int n : new int[] {1, 3, 8, 17, 72}) {
            int rows = fuzz.size(1, 65);
            double[] x = fuzz.normals(rows * n);
            double[] tokens = fuzz.flip() ? fuzz.uniforms(rows, 0, 2) : null;
            double[] noise = normals(rows * n, 42, 9);
            double[] exact = new double[rows * n];
            for (int i = 0; i < rows; i++) {
                double squares = 0;
                for (int j = 0; j < n; j++) {
                    squares += x[i * n + j] * x[i * n + j];
                }
                for (int j = 0; j < n; j++) {
                    exact[i * n + j] = x[i * n + j]
                            + noise[i * n + j] * 20 * (tokens == null ? 1 : tokens[i]) * Math.sqrt(squares) / n;
                }
            }
            View scale = tokens == null ? null : input(tokens, 1, rows, 1);
            View y = output(1, rows, n);
            backend.featureJitter(input(x, 1, rows, n), 20, scale, 42, 9, y);
            ErrorBound.check("jitter " + rows + "x" + n + " " + fuzz, exact, exact, read(y), 2, 4);
            View inPlace = state(x, 1, rows, n);
            backend.featureJitter(inPlace, 20, scale, 42, 9, inPlace);
            assertArrayEquals(read(y), read(inPlace));
        }
    }

    @Test
    void adamTakesItsSteps() {
        for (int n : ShapeFuzz.EDGES) {
            double[] p = fuzz.normals(n);
            double[] m = new double[n];
            double[] v = new double[n];
            View parameters = state(p, n);
            View first = state(m, n);
            View second = state(v, n);
            AdamSettings settings = new AdamSettings(1e-2f, 0.9f, 0.999f, 1e-8f);
            for (int step = 1; step <= 5; step++) {
                double[] g = fuzz.normals(n);
                for (int i = 0; i < n; i++) {
                    m[i] = 0.9 * m[i] + 0.1 * g[i];
                    v[i] = 0.999 * v[i] + 0.001 * g[i] * g[i];
                    double mean = m[i] / (1 - Math.pow(0.9, step));
                    double root = Math.sqrt(v[i] / (1 - Math.pow(0.999, step)));
                    p[i] -= 1e-2 * mean / (root + 1e-8);
                }
                backend.adam(parameters, input(g, n), first, second, settings, step);
            }
            ErrorBound.check("Adam, parameters " + n + " " + fuzz, p, p, read(parameters), 2, 4);
            ErrorBound.check("Adam, first moment " + n + " " + fuzz, m, m, read(first), 2, 2, 1);
            ErrorBound.check("Adam, second moment " + n + " " + fuzz, v, v, read(second), 2, 8, 0.01);
        }
    }

    /** Parameters that an optimiser updates with random gradients. */
    private final class Walk {
        private final View p = state(new double[WALKERS], WALKERS);
        private final View m = state(new double[WALKERS], WALKERS);
        private final View v = state(new double[WALKERS], WALKERS);
        private final View g = output(WALKERS);

        void step(long step, float rate) {
            backend.normal(g, 5, step * STREAMS_PER_STEP + 1);
            backend.adam(p, g, m, v, AdamSettings.DEFAULT.withLearningRate(rate), step + 1);
        }
    }

    /** A capture runs with the numbers of each step; without a capture, the body is not called. */
    @Test
    void aCaptureAdvancesItsNumbersEveryStep() throws Exception {
        Walk plain = new Walk();
        Walk captured = new Walk();
        boolean[] called = new boolean[1];
        plain.step(0, 0.1f);
        captured.step(0, 0.1f);
        Optional<Capture> capture = backend.capture(1, STREAMS_PER_STEP, () -> {
            called[0] = true;
            captured.step(1, 0.1f);
        });
        assertEquals(capture.isPresent(), called[0]);
        assertArrayEquals(read(plain.p), read(captured.p), "capturing computes nothing");
        if (capture.isPresent()) {
            for (long step = 1; step < 5; step++) {
                plain.step(step, 0.1f / step);
                capture.get().run(step, 0.1f / step);
                assertArrayEquals(read(plain.p), read(captured.p), "step " + step);
            }
            capture.get().close();
        }
    }
}
