package org.rlr.tensor.backend;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/**
 * The contract of {@link Backend#attention} and {@link Backend#attentionBackward} for any backend. The allowed error is
 * twice (for gradients three times) that of a naive float32 implementation, plus a few units in the last place of the
 * largest value (of the largest term if a result is a difference), plus the effect of rounding the largest logit once.
 */
public abstract class AttentionContract extends BackendContract {
    private static final int ULPS = 4;

    /** One call: extents, inputs and execution. */
    private final class Case {
        final AttentionPattern pattern;
        final int images;
        final int keys;
        final int headDim;
        final boolean sharedKeys;
        final boolean sharedValues;
        final float[] q;
        final float[] k;
        final float[] v;
        final float[] dout;

        Case(
                AttentionPattern pattern,
                int images,
                int keys,
                int headDim,
                boolean sharedKeys,
                boolean sharedValues,
                float spread,
                long seed) {
            this.pattern = pattern;
            this.images = images;
            this.keys = keys;
            this.headDim = headDim;
            this.sharedKeys = sharedKeys;
            this.sharedValues = sharedValues;
            Random random = new Random(seed);
            q = normal(random, images * pattern.tokens() * width(), spread);
            k = normal(random, (sharedKeys ? 1 : images) * keys * width(), spread);
            v = normal(random, (sharedValues ? 1 : images) * keys * width(), 1);
            dout = normal(random, q.length, 1);
        }

        int width() {
            return pattern.heads() * headDim;
        }

        private View tokens(float[] values, boolean shared, int count) {
            return input(doubles(values), shared ? 1 : images, count, width());
        }

        /** {@code out, lse, dq, dk, dv}. */
        List<float[]> run() {
            View vq = tokens(q, false, pattern.tokens());
            View vk = tokens(k, sharedKeys, keys);
            View vv = tokens(v, sharedValues, keys);
            View vdout = tokens(dout, false, pattern.tokens());
            View out = output(images, pattern.tokens(), width());
            View lse = output(images, pattern.heads(), pattern.tokens());
            View dq = output(images, pattern.tokens(), width());
            View dk = output(sharedKeys ? 1 : images, keys, width());
            View dv = output(sharedValues ? 1 : images, keys, width());
            backend.attention(vq, vk, vv, pattern, out, lse);
            backend.attentionBackward(vq, vk, vv, out, lse, vdout, pattern, dq, dk, dv);
            return List.of(read(out), read(lse), read(dq), read(dk), read(dv));
        }

        ReferenceAttention reference(boolean single) {
            return new ReferenceAttention(pattern, images, keys, headDim, sharedKeys, sharedValues, single)
                    .forward(doubles(q), doubles(k), doubles(v))
                    .backward(doubles(q), doubles(k), doubles(v), doubles(dout));
        }

        void check() {
            ReferenceAttention exact = reference(false);
            ReferenceAttention naive = reference(true);
            List<float[]> results = run();
            double logit = Math.ulp((float) exact.largestLogit);
            near("out", results.get(0), exact.out, naive.out, 2, logit, 0);
            near("lse", results.get(1), exact.lse, naive.lse, 2, 0, 0);
            near("dq", results.get(2), exact.dq, naive.dq, 3, logit, exact.largestTerm);
            near("dk", results.get(3), exact.dk, naive.dk, 3, logit, exact.largestTerm);
            near("dv", results.get(4), exact.dv, naive.dv, 3, logit, 0);
        }

        private void near(
                String name,
                float[] actual,
                double[] exact,
                double[] naive,
                int factor,
                double relative,
                double atLeast) {
            double scale = atLeast;
            double naiveError = 0;
            for (int i = 0; i < exact.length; i++) {
                if (Double.isFinite(exact[i])) {
                    scale = Math.max(scale, Math.abs(exact[i]));
                    naiveError = Math.max(naiveError, Math.abs(naive[i] - exact[i]));
                }
            }
            double bound = factor * naiveError + ULPS * Math.ulp((float) scale) + relative * scale;
            for (int i = 0; i < exact.length; i++) {
                if (!(Math.abs(actual[i] - exact[i]) <= bound) && actual[i] != exact[i]) {
                    throw new AssertionError(name + "[" + i + "] is " + actual[i] + ", should be " + exact[i]
                            + ", bound " + bound + ": " + this);
                }
            }
        }

        @Override
        public String toString() {
            return pattern + ", images " + images + ", keys " + keys + ", head dim " + headDim + ", shared keys "
                    + sharedKeys + ", shared values " + sharedValues;
        }
    }

    private static float[] normal(Random random, int n, float spread) {
        float[] x = new float[n];
        for (int i = 0; i < n; i++) {
            x[i] = (float) random.nextGaussian() * spread;
        }
        return x;
    }

    private static double[] doubles(float[] x) {
        double[] y = new double[x.length];
        for (int i = 0; i < x.length; i++) {
            y[i] = x[i];
        }
        return y;
    }

    private Case grid(Locality locality, int heads, int h, int w, int windowSize, int headDim, int images) {
        return new Case(
                new AttentionPattern(heads, h, w, windowSize, locality),
                images,
                h * w,
                headDim,
                locality != Locality.ALL,
                false,
                1,
                7);
    }

    @Test
    void everyHeadDimension() {
        for (int headDim : new int[] {1, 3, 4, 8, 15, 16, 17, 31, 32, 33, 64, 96}) {
            for (Locality locality : Locality.values()) {
                grid(locality, 2, 5, 7, 3, headDim, 2).check();
            }
        }
    }

    @Test
    void gridsOfAnyShapeAndWindowsOfAnySize() {
        int[][] grids = {{1, 1}, {1, 2}, {1, 17}, {19, 1}, {2, 6}, {6, 7}, {7, 5}, {12, 13}, {3, 40}};
        for (int[] g : grids) {
            for (int windowSize : new int[] {1, 2, 3, 4, 5, 7, 11, 99, Integer.MAX_VALUE}) {
                grid(Locality.INSIDE, 1, g[0], g[1], windowSize, 8, 1).check();
                grid(Locality.OUTSIDE, 1, g[0], g[1], windowSize, 8, 1).check();
            }
        }
    }

    @Test
    void gridsWiderThanATile() {
        grid(Locality.INSIDE, 1, 2, 230, 401, 4, 1).check();
        grid(Locality.INSIDE, 1, 3, 210, 5, 4, 1).check();
        grid(Locality.OUTSIDE, 1, 2, 230, 9, 4, 1).check();
    }

    @Test
    void everyCombinationOfSharedKeysAndValuesAndBatch() {
        for (int images : new int[] {1, 3, 16, 17}) {
            for (int heads : new int[] {1, 2, 8}) {
                for (Locality locality : Locality.values()) {
                    for (int shared = 0; shared < 4; shared++) {
                        new Case(
                                        new AttentionPattern(heads, 5, 4, 3, locality),
                                        images,
                                        20,
                                        4,
                                        (shared & 1) != 0,
                                        (shared & 2) != 0,
                                        1,
                                        images + shared)
                                .check();
                    }
                }
            }
        }
    }

    @Test
    void anyNumberOfKeysIfAllAreAllowed() {
        for (int keys : new int[] {1, 2, 15, 16, 17, 95, 96, 97, 200}) {
            new Case(new AttentionPattern(2, 7, 9, 1, Locality.ALL), 2, keys, 16, true, false, 1, keys).check();
        }
    }

    @Test
    void theShapesOfTheModel() {
        grid(Locality.INSIDE, 1, 32, 32, 7, 32, 1).check();
        grid(Locality.OUTSIDE, 1, 32, 32, 7, 32, 1).check();
        grid(Locality.INSIDE, 2, 16, 16, 5, 64, 2).check();
        grid(Locality.OUTSIDE, 2, 16, 16, 5, 64, 2).check();
        grid(Locality.INSIDE, 1, 64, 64, 11, 16, 1).check();
    }

    @Test
    void fuzzedShapes() {
        long seed = 20240917;
        Random random = new Random(seed);
        for (int i = 0; i < 150; i++) {
            Locality locality = Locality.values()[random.nextInt(3)];
            int h = 1 + random.nextInt(14);
            int w = 1 + random.nextInt(14);
            int keys = locality == Locality.ALL ? 1 + random.nextInt(150) : h * w;
            AttentionPattern pattern =
                    new AttentionPattern(1 + random.nextInt(3), h, w, 1 + random.nextInt(16), locality);
            new Case(
                            pattern,
                            1 + random.nextInt(4),
                            keys,
                            1 + random.nextInt(40),
                            random.nextBoolean(),
                            random.nextBoolean(),
                            random.nextInt(4) == 0 ? 4 : 1,
                            random.nextLong())
                    .check();
        }
    }

    @Test
    void largeLogitsNeitherOverflowNorVanish() {
        for (Locality locality : Locality.values()) {
            for (float spread : new float[] {0.01f, 3, 10, 100}) {
                new Case(new AttentionPattern(2, 6, 7, 3, locality), 2, 42, 16, false, false, spread, 5).check();
            }
        }
    }

    @Test
    void logitsThatDifferInHundredsPickTheLargest() {
        Case c = new Case(new AttentionPattern(1, 3, 3, 1, Locality.ALL), 1, 9, 4, false, false, 1, 3);
        Arrays.fill(c.q, 100);
        for (int i = 0; i < c.k.length; i++) {
            c.k[i] = i / 4 == 5 ? 10 : -10;
        }
        float[] out = c.run().get(0);
        for (int i = 0; i < out.length; i++) {
            assertEquals(c.v[5 * 4 + i % 4], out[i], 1e-6f);
        }
    }

    @Test
    void aQueryWithoutKeysGivesZeroAndNoGradient() {
        // Window 5 on 3×9: the middle columns see everything except the outermost columns, whose windows also exclude
        // some keys.
        Case all = new Case(new AttentionPattern(2, 3, 3, 5, Locality.OUTSIDE), 2, 9, 8, false, false, 1, 1);
        List<float[]> results = all.run();
        for (float x : results.get(1)) {
            assertEquals(Float.NEGATIVE_INFINITY, x);
        }
        for (int i : new int[] {0, 2, 3, 4}) {
            for (float x : results.get(i)) {
                assertEquals(0f, x);
            }
        }
        Case some = new Case(new AttentionPattern(2, 3, 5, 5, Locality.OUTSIDE), 2, 15, 8, false, false, 1, 1);
        some.check();
        float[] lse = some.run().get(1);
        assertEquals(Float.NEGATIVE_INFINITY, lse[2]);
        assertTrue(Float.isFinite(lse[0]));
    }

    @Test
    void gradientsAreThoseOfTheForwardPass() {
        for (Locality locality : Locality.values()) {
            for (int shared = 0; shared < 4; shared++) {
                Case c = new Case(
                        new AttentionPattern(2, 3, 4, 3, locality),
                        2,
                        12,
                        3,
                        (shared & 1) != 0,
                        (shared & 2) != 0,
                        1,
                        11);
                List<float[]> results = c.run();
                double[][] inputs = {doubles(c.q), doubles(c.k), doubles(c.v)};
                for (int which = 0; which < 3; which++) {
                    for (int i = 0; i < inputs[which].length; i++) {
                        assertEquals(
                                difference(c, inputs, which, i),
                                results.get(2 + which)[i],
                                2e-5,
                                "input " + which + "[" + i + "]: " + c);
                    }
                }
            }
        }
    }

    /** ∂(Σ dout·out)/∂inputs[which][i] by central differences of the reference. */
    private static double difference(Case c, double[][] inputs, int which, int i) {
        double step = 1e-5;
        double at = inputs[which][i];
        double[] loss = new double[2];
        for (int side = 0; side < 2; side++) {
            inputs[which][i] = at + (side == 0 ? -step : step);
            ReferenceAttention r = new ReferenceAttention(
                            c.pattern, c.images, c.keys, c.headDim, c.sharedKeys, c.sharedValues, false)
                    .forward(inputs[0], inputs[1], inputs[2]);
            for (int j = 0; j < r.out.length; j++) {
                loss[side] += r.out[j] * c.dout[j];
            }
        }
        inputs[which][i] = at;
        return (loss[1] - loss[0]) / (2 * step);
    }

    @Test
    void sameInputsGiveTheSameBits() {
        for (Locality locality : Locality.values()) {
            Case c = grid(locality, 2, 11, 13, 4, 9, 3);
            List<float[]> first = c.run();
            List<float[]> second = c.run();
            for (int i = 0; i < first.size(); i++) {
                assertArrayEquals(first.get(i), second.get(i), "result " + i + ": " + c);
            }
        }
    }

    @Test
    void nanPropagatesButDoesNotPersist() {
        for (Locality locality : Locality.values()) {
            Case c = grid(locality, 1, 4, 4, 3, 8, 1);
            float good = c.q[0];
            c.q[0] = Float.NaN;
            List<float[]> results = c.run();
            for (int i = 0; i < 8; i++) {
                assertTrue(Float.isNaN(results.get(0)[i]) && Float.isNaN(results.get(2)[i]));
                assertTrue(Float.isFinite(results.get(0)[8 + i]) && Float.isFinite(results.get(2)[8 + i]));
            }
            c.q[0] = good;
            c.check();
        }
    }

    @Test
    void nonFiniteTokensAffectOnlyQueriesThatAttendToThem() {
        for (int headDim : new int[] {8, 16}) {
            checkConfined(5, 6, headDim, 5, Float.NaN);
            checkConfined(5, 6, headDim, 5, Float.POSITIVE_INFINITY);
        }
        // more than one block of queries and tile of keys
        checkConfined(9, 13, 16, 101, Float.NaN);
    }

    private void checkConfined(int h, int w, int headDim, int token, float bad) {
        for (Locality locality : new Locality[] {Locality.INSIDE, Locality.OUTSIDE}) {
            for (int which = 0; which < 4; which++) {
                Case c = grid(locality, 1, h, w, 3, headDim, 1);
                float[] input = List.of(c.q, c.k, c.v, c.dout).get(which);
                input[token * headDim + 1] = bad;
                assertConfined(c, token, which, Float.isNaN(bad));
            }
        }
    }

    /**
     * Inputs 0 and 3 belong to a query, 1 and 2 to a key. An infinite logit may give probability 0, but a NaN must not
     * get lost.
     */
    private void assertConfined(Case c, int token, int which, boolean nan) {
        List<float[]> results = c.run();
        boolean ofQuery = which == 0 || which == 3;
        for (int other = 0; other < c.keys; other++) {
            boolean attends = ReferenceAttention.allowed(c.pattern, ofQuery ? token : other, ofQuery ? other : token);
            // query results for a key's input, key results for a query's input
            for (int result : ofQuery ? new int[] {3, 4} : new int[] {0, 2}) {
                boolean reached = false;
                for (int i = 0; i < c.headDim; i++) {
                    reached |= !Float.isFinite(results.get(result)[other * c.headDim + i]);
                }
                // a value must affect outputs, an output's gradient the values' gradients
                boolean must = nan && attends && (which == 1 || which == 0 || result == (which == 2 ? 0 : 4));
                String what = "result " + result + " of token " + other + ", input " + which + " of token " + token
                        + ": " + c;
                assertTrue(!must || reached, "non-finite input, but finite " + what);
                assertTrue(attends || !reached, "non-finite " + what);
            }
        }
    }

    @Test
    void inconsistentExtentsAreRefused() {
        Case c = new Case(new AttentionPattern(1, 3, 3, 3, Locality.INSIDE), 1, 8, 4, false, false, 1, 1);
        assertThrows(IllegalArgumentException.class, () -> c.run());
    }
}
