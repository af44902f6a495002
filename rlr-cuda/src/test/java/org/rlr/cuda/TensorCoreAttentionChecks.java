package org.rlr.cuda;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.rlr.cuda.driver.Card;
import org.rlr.tensor.Shape;
import org.rlr.tensor.backend.AttentionPattern;
import org.rlr.tensor.backend.Backend;
import org.rlr.tensor.backend.BackendSettings;
import org.rlr.tensor.backend.Backends;
import org.rlr.tensor.backend.Locality;
import org.rlr.tensor.backend.ReferenceAttention;
import org.rlr.tensor.backend.View;

/**
 * Compares attention on tensor cores, forward and backward, with the definition in double: the largest error relative
 * to the largest value is at most 2e-3 for TF32, and 1e-2 (gradients 2e-2) for bf16. Subclasses provide the card.
 */
abstract class TensorCoreAttentionChecks {
    private static final List<String> NAMES = List.of("out", "lse", "dq", "dk", "dv");
    /** The least error that shows the tensor cores' rounding; that of float32 is smaller. */
    private static final double ROUNDED = 1e-5;

    /** A call and its results. */
    private record Call(
            Precision precision,
            AttentionPattern pattern,
            int images,
            int keys,
            int headDim,
            boolean sharedKeys,
            boolean sharedValues,
            List<float[]> inputs) {
        static Call of(
                Precision precision,
                AttentionPattern pattern,
                int images,
                int keys,
                int headDim,
                boolean sharedKeys,
                boolean sharedValues) {
            Random random = new Random(20240917);
            int width = pattern.heads() * headDim;
            return new Call(
                    precision,
                    pattern,
                    images,
                    keys,
                    headDim,
                    sharedKeys,
                    sharedValues,
                    List.of(
                            normals(random, images * pattern.tokens() * width),
                            normals(random, (sharedKeys ? 1 : images) * keys * width),
                            normals(random, (sharedValues ? 1 : images) * keys * width),
                            normals(random, images * pattern.tokens() * width)));
        }

        int width() {
            return pattern.heads() * headDim;
        }

        List<float[]> run() {
            try (Backend backend = new CudaBackend(Card.of(0), settings(precision), new CudaDebugging(true, true))) {
                View q = view(backend, inputs.get(0), images, pattern.tokens(), width());
                View k = view(backend, inputs.get(1), sharedKeys ? 1 : images, keys, width());
                View v = view(backend, inputs.get(2), sharedValues ? 1 : images, keys, width());
                View dout = view(backend, inputs.get(3), images, pattern.tokens(), width());
                View lse = poisoned(backend, Shape.of(images, pattern.heads(), pattern.tokens()));
                View[] results = {
                    poisoned(backend, q.shape()),
                    lse,
                    poisoned(backend, q.shape()),
                    poisoned(backend, k.shape()),
                    poisoned(backend, v.shape())
                };
                backend.attention(q, k, v, pattern, results[0], lse);
                backend.attentionBackward(q, k, v, results[0], lse, dout, pattern, results[2], results[3], results[4]);
                List<float[]> values =
                        Arrays.stream(results).map(r -> download(backend, r)).toList();
                for (View used : List.of(q, k, v, dout, results[0], lse, results[2], results[3], results[4])) {
                    used.storage().release();
                }
                assertEquals(0, backend.memory().used());
                return values;
            }
        }

        void check() {
            ReferenceAttention exact = new ReferenceAttention(
                            pattern, images, keys, headDim, sharedKeys, sharedValues, false)
                    .forward(doubles(inputs.get(0)), doubles(inputs.get(1)), doubles(inputs.get(2)))
                    .backward(
                            doubles(inputs.get(0)),
                            doubles(inputs.get(1)),
                            doubles(inputs.get(2)),
                            doubles(inputs.get(3)));
            List<double[]> expected = List.of(exact.out, exact.lse, exact.dq, exact.dk, exact.dv);
            List<float[]> actual = run();
            for (int i = 0; i < NAMES.size(); i++) {
                double bound = precision == Precision.TF32 ? 2e-3 : i < 2 ? 1e-2 : 2e-2;
                // with a single key, gradients of queries and keys are exactly 0, as differences of rounded terms
                boolean nothing =
                        pattern.locality() == Locality.INSIDE && pattern.windowSize() == 1 && (i == 2 || i == 3);
                double error = error(actual.get(i), expected.get(i), nothing ? exact.largestTerm : 0, NAMES.get(i));
                assertTrue(
                        error <= bound,
                        NAMES.get(i) + " differs by " + error + " of the largest value, bound " + bound + ": " + this);
                assertTrue(i > 0 || error >= ROUNDED, "no tensor cores were used, the error is " + error + ": " + this);
            }
        }

        private double error(float[] actual, double[] exact, double atLeast, String name) {
            double largest = atLeast;
            double error = 0;
            for (int i = 0; i < exact.length; i++) {
                if (actual[i] != exact[i]) {
                    double e = Math.abs(actual[i] - exact[i]);
                    assertTrue(
                            e < Double.POSITIVE_INFINITY,
                            name + "[" + i + "] is " + actual[i] + ", should be " + exact[i] + ": " + this);
                    error = Math.max(error, e);
                }
                largest = Double.isFinite(exact[i]) ? Math.max(largest, Math.abs(exact[i])) : largest;
            }
            return error / largest;
        }

        @Override
        public String toString() {
            return precision + ", " + pattern + ", images " + images + ", keys " + keys + ", head dim " + headDim
                    + ", shared keys " + sharedKeys + ", shared values " + sharedValues;
        }
    }

    private static float[] normals(Random random, int n) {
        float[] x = new float[n];
        for (int i = 0; i < n; i++) {
            x[i] = (float) random.nextGaussian();
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

    private static View view(Backend backend, float[] values, int... extents) {
        View view = new View(backend.allocate(values.length), 0, Shape.of(extents));
        backend.upload(values, 0, view);
        return view;
    }

    private static View poisoned(Backend backend, Shape shape) {
        float[] values = new float[shape.elements()];
        Arrays.fill(values, Float.NaN);
        View view = new View(backend.allocate(values.length), 0, shape);
        backend.upload(values, 0, view);
        return view;
    }

    private static float[] download(Backend backend, View view) {
        float[] values = new float[view.elements()];
        backend.download(view, values, 0);
        return values;
    }

    private static Call grid(
            Precision precision,
            Locality locality,
            int heads,
            int h,
            int w,
            int windowSize,
            int headDim,
            int images,
            boolean sharedKeys,
            boolean sharedValues) {
        return Call.of(
                precision,
                new AttentionPattern(heads, h, w, windowSize, locality),
                images,
                h * w,
                headDim,
                sharedKeys,
                sharedValues);
    }

    private static BackendSettings settings(Precision precision) {
        return BackendSettings.DEFAULTS.withPrecision(precision.word());
    }

    @ParameterizedTest
    @EnumSource(names = {"TF32", "BF16"})
    void everyHeadDimensionAndLocality(Precision precision) {
        for (int headDim : new int[] {16, 32, 64}) {
            for (Locality locality : Locality.values()) {
                grid(precision, locality, 2, 9, 8, 5, headDim, 1, true, false).check();
            }
            grid(precision, Locality.INSIDE, 2, 6, 7, 3, headDim, 8, true, true).check();
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"TF32", "BF16"})
    void gridsOfManyChunksAndWindowsOfAnySide(Precision precision) {
        for (int windowSize : new int[] {1, 4, 11, Integer.MAX_VALUE}) {
            grid(precision, Locality.INSIDE, 1, 12, 13, windowSize, 16, 2, false, false)
                    .check();
            grid(precision, Locality.INSIDE, 1, 5, 7, windowSize, 16, 8, true, true)
                    .check();
        }
        grid(precision, Locality.OUTSIDE, 1, 12, 13, 7, 16, 2, true, false).check();
        // chunks within one row of the grid
        grid(precision, Locality.INSIDE, 1, 2, 130, 5, 16, 1, true, true).check();
        grid(precision, Locality.OUTSIDE, 1, 2, 130, 131, 16, 1, true, false).check();
    }

    @ParameterizedTest
    @EnumSource(names = {"TF32", "BF16"})
    void everyCombinationOfSharedKeysAndValuesAndBatch(Precision precision) {
        for (int images : new int[] {1, 3, 16, 17}) {
            for (Locality locality : new Locality[] {Locality.INSIDE, Locality.OUTSIDE}) {
                for (int shared = 0; shared < 4; shared++) {
                    grid(precision, locality, 1, 5, 4, 3, 16, images, (shared & 1) != 0, (shared & 2) != 0)
                            .check();
                }
            }
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"TF32", "BF16"})
    void windowsOfTheLargestTile(Precision precision) {
        grid(precision, Locality.INSIDE, 1, 32, 33, 3, 16, 8, true, true).check();
    }

    @ParameterizedTest
    @EnumSource(names = {"TF32", "BF16"})
    void anyNumberOfKeysWhereAllAreAllowed(Precision precision) {
        for (int keys : new int[] {2, 63, 64, 65, 97}) {
            Call.of(precision, new AttentionPattern(1, 7, 9, 1, Locality.ALL), 2, keys, 16, true, false)
                    .check();
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"TF32", "BF16"})
    void aQueryWithNothingToAttendToGivesZeroAndNoGradient(Precision precision) {
        List<float[]> results = grid(precision, Locality.OUTSIDE, 1, 3, 3, 5, 16, 2, true, false)
                .run();
        for (int i = 0; i < results.size(); i++) {
            for (float x : results.get(i)) {
                assertEquals(i == 1 ? Float.NEGATIVE_INFINITY : 0f, x, NAMES.get(i));
            }
        }
        Call some = grid(precision, Locality.OUTSIDE, 1, 3, 5, 5, 16, 2, true, false);
        some.check();
        assertEquals(Float.NEGATIVE_INFINITY, some.run().get(1)[2]);
    }

    @ParameterizedTest
    @EnumSource(names = {"TF32", "BF16"})
    void sameInputsGiveTheSameBits(Precision precision) {
        for (Call call : List.of(
                grid(precision, Locality.OUTSIDE, 1, 9, 8, 5, 16, 3, true, false),
                grid(precision, Locality.INSIDE, 1, 6, 7, 3, 16, 9, true, true))) {
            List<float[]> first = call.run();
            List<float[]> second = call.run();
            for (int i = 0; i < NAMES.size(); i++) {
                assertArrayEquals(first.get(i), second.get(i), 0f, NAMES.get(i));
            }
        }
    }

    /** Kernels of both kinds: a NaN reaches only the tokens that attend to its token. */
    @ParameterizedTest
    @EnumSource(names = {"TF32", "BF16"})
    void whatIsNotFiniteReachesOnlyThoseThatAttendToIt(Precision precision) {
        int token = 9;
        for (Call call : List.of(
                grid(precision, Locality.OUTSIDE, 1, 5, 6, 3, 16, 1, true, true),
                grid(precision, Locality.INSIDE, 1, 5, 6, 3, 16, 2, true, false),
                grid(precision, Locality.INSIDE, 1, 5, 6, 3, 16, 9, true, true))) {
            for (int which = 0; which < 4; which++) {
                float[] input = call.inputs.get(which);
                float good = input[token * 16 + 3];
                input[token * 16 + 3] = Float.NaN;
                List<float[]> results = call.run();
                input[token * 16 + 3] = good;
                boolean ofQuery = which == 0 || which == 3;
                for (int result : ofQuery ? new int[] {3, 4} : new int[] {0, 2}) {
                    for (int other = 0; other < call.keys; other++) {
                        boolean attends = ReferenceAttention.allowed(
                                call.pattern, ofQuery ? token : other, ofQuery ? other : token);
                        boolean finite = true;
                        for (int i = 0; i < 16; i++) {
                            finite &= Float.isFinite(results.get(result)[other * 16 + i]);
                        }
                        assertEquals(
                                !attends,
                                finite,
                                NAMES.get(result) + " of token " + other + ", NaN in input " + which + " of token "
                                        + token + ": " + call);
                    }
                }
            }
        }
    }

    /** The choice of kernels: the tile of the window kernels, or null for the flash kernels. */
    @Test
    void theRule() {
        CudaEngine engine = new CudaEngine(Card.of(0), settings(Precision.BF16), CudaDebugging.OF_PROCESS);
        try {
            TensorCoreAttention attention = new TensorCoreAttention(engine);
            assertArrayEquals(new int[] {8, 8}, tile(attention, Locality.INSIDE, 32, 7, 32, 16));
            assertArrayEquals(new int[] {4, 4}, tile(attention, Locality.INSIDE, 16, 5, 64, 16));
            assertArrayEquals(new int[] {8, 8}, tile(attention, Locality.INSIDE, 64, 11, 16, 16));
            assertNull(tile(attention, Locality.OUTSIDE, 32, 7, 32, 16));
            assertNull(tile(attention, Locality.INSIDE, 32, 7, 32, 7));
            assertNull(tile(attention, Locality.INSIDE, 32, 31, 32, 16));
        } finally {
            engine.close();
        }
    }

    private static int[] tile(
            TensorCoreAttention attention, Locality locality, int side, int windowSize, int headDim, int images) {
        try (Backend cpu = Backends.open("cpu", BackendSettings.DEFAULTS.withThreads(1))) {
            View q = poisoned(cpu, Shape.of(images, side * side, headDim));
            View k = poisoned(cpu, Shape.of(1, side * side, headDim));
            int[] tile = attention.tile(
                    new AttentionProblem(q, k, k, new AttentionPattern(1, side, side, windowSize, locality)));
            q.storage().release();
            k.storage().release();
            return tile;
        }
    }
}
