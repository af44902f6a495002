package org.rlr.tensor.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.rlr.tensor.Shape;
import org.rlr.tensor.backend.Activation;
import org.rlr.tensor.backend.AdamSettings;
import org.rlr.tensor.backend.AttentionPattern;
import org.rlr.tensor.backend.Backend;
import org.rlr.tensor.backend.BinaryOp;
import org.rlr.tensor.backend.ConvGeometry;
import org.rlr.tensor.backend.Locality;
import org.rlr.tensor.backend.PrimitiveCoverage;
import org.rlr.tensor.backend.UnaryOp;
import org.rlr.tensor.backend.View;

/**
 * Every primitive is bit-identical for any number of threads: with more cores, a model gives the same scores and a
 * training the same file. Shapes are large enough to be split into tasks, and values cover both outcomes of every
 * decision in a kernel.
 */
class ThreadCountTest {
    private static final int[] THREADS = {2, 3, 4, 5, 8, 16};

    @ParameterizedTest
    @ValueSource(strings = {"scalar", "vector"})
    void resultsDoNotDependOnThreads(String kernels) {
        Map<String, float[]> one = compute(kernels, 1);
        List<String> different = new ArrayList<>();
        for (int threads : THREADS) {
            compute(kernels, threads).forEach((what, values) -> {
                if (!Arrays.equals(one.get(what), values)) {
                    different.add(threads + " threads: " + what);
                }
            });
        }
        assertEquals("", String.join("\n", different));
    }

    private static Map<String, float[]> compute(String kernels, int threads) {
        try (Backend backend = CpuBackends.open(kernels, threads)) {
            return new EveryPrimitive(backend).run();
        }
    }

    @Test
    void everyPrimitiveIsCompared() {
        PrimitiveCoverage.Calls calls = new PrimitiveCoverage.Calls(ThreadCountTest.class);
        try (Backend backend = CpuBackends.open("vector", 2)) {
            new EveryPrimitive(calls.on(backend)).run();
        }
        Set<String> computeNothing =
                Set.of("device", "description", "memory", "trim", "synchronize", "onHost", "capture", "close");
        assertEquals(computeNothing, calls.missing());
    }

    /** One run of every primitive, the same for every backend. */
    private static final class EveryPrimitive {
        private final Backend backend;
        private final SplittableRandom random = new SplittableRandom(5);
        private final List<View> views = new ArrayList<>();
        private final Map<String, float[]> results = new LinkedHashMap<>();

        EveryPrimitive(Backend backend) {
            this.backend = backend;
        }

        Map<String, float[]> run() {
            elementwise();
            reductions();
            layout();
            matrices();
            normalization();
            attention();
            loss();
            convolutions();
            randomNumbers();
            return results;
        }

        /** Numbers of variance 1; results start with some, as each primitive accumulates if it can. */
        private View filled(int... extents) {
            Shape shape = Shape.of(extents);
            float[] values = new float[shape.elements()];
            for (int i = 0; i < values.length; i++) {
                values[i] = number();
            }
            return view(values, shape);
        }

        private float number() {
            return random.nextInt() * (1.7320508f / (1L << 31));
        }

        private View view(float[] values, Shape shape) {
            View view = new View(backend.allocate(values.length), 0, shape);
            backend.upload(values, 0, view);
            views.add(view);
            return view;
        }

        private void keep(String what, View... of) {
            for (int i = 0; i < of.length; i++) {
                float[] values = new float[of[i].elements()];
                backend.download(of[i], values, 0);
                assertEquals(null, results.put(what + ", result " + i, values));
            }
        }

        private void release() {
            views.forEach(v -> v.storage().release());
            views.clear();
        }

        private void elementwise() {
            int n = 70_021;
            View x = filled(n);
            View dy = filled(n);
            for (UnaryOp op : UnaryOp.values()) {
                View y = filled(n);
                backend.unary(op, x, y);
                View dx = filled(n);
                backend.unaryBackward(op, x, y, dy, dx, true);
                View overwritten = filled(n);
                backend.unaryBackward(op, x, y, dy, overwritten, false);
                keep("unary " + op, y, dx, overwritten);
            }
            View matrix = filled(533, 307);
            View row = filled(307);
            View column = filled(533, 1);
            View one = filled();
            for (BinaryOp op : BinaryOp.values()) {
                for (boolean accumulate : new boolean[] {false, true}) {
                    View plain = filled(n);
                    backend.binary(op, x, dy, plain, accumulate);
                    View scaled = filled(n);
                    backend.binary(op, one, x, scaled, accumulate);
                    View rows = filled(533, 307);
                    backend.binary(op, matrix, row, rows, accumulate);
                    View columns = filled(533, 307);
                    backend.binary(op, column, matrix, columns, accumulate);
                    View outer = filled(533, 307);
                    backend.binary(op, column, row, outer, accumulate);
                    keep("binary " + op + " " + accumulate, plain, scaled, rows, columns, outer);
                }
            }
            View affine = filled(n);
            backend.affine(x, 1.7f, 0.3f, affine, true);
            View sum = filled(n);
            backend.weightedSum(List.of(x, dy, affine), new float[] {0.3f, -1.1f, 0.7f}, sum);
            View copy = filled(n);
            backend.copy(x, copy);
            View constant = filled(n);
            backend.fill(constant, 0.1f);
            View m = filled(n);
            View v = filled(n);
            backend.unary(UnaryOp.SQUARE, v, v);
            backend.adam(affine, dy, m, v, AdamSettings.DEFAULT, 3);
            keep("affine, sum, copy, fill, Adam", affine, sum, copy, constant, m, v);
            release();
        }

        private void reductions() {
            View x = filled(9, 61, 307);
            for (int[] kept : new int[][] {{}, {307}, {61, 1}, {61, 307}, {9, 1, 1}, {9, 61, 1}, {9, 1, 307}}) {
                View y = filled(kept);
                backend.sumTo(x, y, true);
                keep("sum to " + Arrays.toString(kept), y);
            }
            View long1 = filled(1_060_003);
            View total = filled();
            backend.sumTo(long1, total, false);
            keep("total", total);
            for (int axis = 0; axis < 3; axis++) {
                int[] extents = {9, 61, 307};
                extents[axis] = 1;
                View y = filled(extents);
                backend.max(x, axis, y);
                View dx = filled(9, 61, 307);
                backend.maxBackward(x, y, y, axis, dx, true);
                keep("max of axis " + axis, y, dx);
            }
            View y = filled(9, 61, 307);
            backend.softmax(x, y);
            View dx = filled(9, 61, 307);
            backend.softmaxBackward(y, x, dx, true);
            keep("softmax", y, dx);
            release();
        }

        private void layout() {
            View x = filled(33, 97, 61);
            for (int[] axes : new int[][] {{0, 2, 1}, {2, 1, 0}, {1, 0, 2}, {2, 0, 1}}) {
                int[] extents = Arrays.stream(axes).map(x.shape()::dim).toArray();
                View y = filled(extents);
                backend.permute(x, axes, y);
                keep("permute " + Arrays.toString(axes), y);
            }
            for (int axis = 0; axis < 3; axis++) {
                int[] extents = {33, 97, 61};
                extents[axis] = 31;
                View y = filled(extents);
                backend.slice(x, axis, 1, y, true);
                View z = filled(33, 97, 61);
                backend.place(y, axis, 2, z, true);
                keep("slice and place along " + axis, y, z);
            }
            release();
        }

        private void matrices() {
            // rows, columns, depth: square, few rows, few columns, long sums, more columns than are packed at a time
            int[][] products = {{533, 211, 307}, {5, 700, 600}, {1100, 20, 4000}, {40, 48, 9000}, {3, 7000, 40}};
            for (int[] s : products) {
                for (int transposed = 0; transposed < 4; transposed++) {
                    boolean a = (transposed & 1) != 0;
                    boolean b = (transposed & 2) != 0;
                    View c = filled(s[0], s[1]);
                    backend.matmul(
                            a ? filled(s[2], s[0]) : filled(s[0], s[2]),
                            a,
                            b ? filled(s[1], s[2]) : filled(s[2], s[1]),
                            b,
                            0.7f,
                            c,
                            true);
                    keep("product " + Arrays.toString(s) + ", transposed " + transposed, c);
                    release();
                }
            }
            View batch = filled(7, 60, 50);
            View each = filled(7, 40, 50);
            View many = filled(7, 60, 40);
            backend.matmul(batch, false, each, true, 1, many, false);
            View large = filled(2, 180, 170);
            View larger = filled(2, 170, 150);
            View two = filled(2, 180, 150);
            backend.matmul(large, false, larger, false, 1, two, true);
            View summed = filled(50, 40);
            backend.matmul(batch, true, many, false, 1, summed, true);
            keep("products of batches", many, two, summed);
            release();
            for (int[] s : new int[][] {{533, 307, 211}, {257, 512, 300}, {2, 900, 700}}) {
                View x = filled(s[0], s[1]);
                View w = filled(2 * s[2], s[1]);
                View bias = filled(s[2]);
                View part = new View(w.storage(), w.offset() + s[1] * s[2], Shape.of(s[2], s[1]));
                View pre = filled(s[0], s[2]);
                View y = filled(s[0], s[2]);
                backend.linear(x, part, bias, Activation.GELU, pre, y);
                View packed = new View(backend.packWeights(w, 2), s[1] * s[2], part.shape());
                views.add(packed);
                View z = filled(s[0], s[2]);
                backend.linear(x, packed, bias, Activation.GELU, null, z);
                keep("linear " + Arrays.toString(s), pre, y, z);
                release();
            }
        }

        private void normalization() {
            View x = filled(2, 541, 131);
            View gamma = filled(131);
            View beta = filled(131);
            View y = filled(2, 541, 131);
            View mean = filled(2, 541);
            View rstd = filled(2, 541);
            backend.layerNorm(x, gamma, beta, 1e-5f, y, mean, rstd);
            View dx = filled(2, 541, 131);
            View dgamma = filled(131);
            View dbeta = filled(131);
            backend.layerNormBackward(x, gamma, mean, rstd, y, dx, true, dgamma, dbeta);
            keep("layer norm", y, mean, rstd, dx, dgamma, dbeta);
            float[] weights = {2, 0.5f};
            View sum = filled(2, 541, 131);
            backend.layerNormOfSum(List.of(x, dx), weights, gamma, beta, 1e-5f, sum, y, mean, rstd);
            View dz = filled(2, 541, 131);
            backend.layerNormOfSumBackward(
                    sum, weights, gamma, mean, rstd, y, List.of(dx, dz), new boolean[] {false, true}, dgamma, dbeta);
            keep("layer norm of a sum", y, sum, mean, rstd, dx, dz, dgamma, dbeta);
            release();
        }

        private void attention() {
            for (Locality locality : Locality.values()) {
                for (int heads : new int[] {1, 2, 8}) {
                    attention(new AttentionPattern(heads, 16, 16, 5, locality), 3, true, true, 16);
                    attention(new AttentionPattern(heads, 13, 11, 3, locality), 2, true, false, 9);
                    attention(new AttentionPattern(heads, 12, 20, 7, locality), 1, false, false, 32);
                }
            }
        }

        /**
         * Tokens increase along the grid and differ between images, so that only some parts of the grid exceed the
         * limit beyond which a kernel searches the largest logit.
         */
        private void attention(
                AttentionPattern pattern, int images, boolean sharedKeys, boolean sharedValues, int headDim) {
            int width = pattern.heads() * headDim;
            View q = growing(images, pattern.tokens(), width);
            View k = growing(sharedKeys ? 1 : images, pattern.tokens(), width);
            View v = filled(sharedValues ? 1 : images, pattern.tokens(), width);
            View dout = filled(images, pattern.tokens(), width);
            View out = filled(images, pattern.tokens(), width);
            View lse = filled(images, pattern.heads(), pattern.tokens());
            View dq = filled(images, pattern.tokens(), width);
            View dk = filled(sharedKeys ? 1 : images, pattern.tokens(), width);
            View dv = filled(sharedValues ? 1 : images, pattern.tokens(), width);
            backend.attention(q, k, v, pattern, out, lse);
            backend.attentionBackward(q, k, v, out, lse, dout, pattern, dq, dk, dv);
            keep("attention " + pattern + " of " + images + " images", out, lse, dq, dk, dv);
            release();
        }

        private View growing(int images, int tokens, int width) {
            float[] values = new float[images * tokens * width];
            for (int i = 0; i < values.length; i++) {
                int token = i / width % tokens;
                values[i] = number() * (0.3f + 2.2f * token / tokens);
            }
            return view(values, Shape.of(images, tokens, width));
        }

        private void loss() {
            View x = filled(3, 700, 72);
            View target = filled(3, 700, 72);
            View loss = filled();
            backend.reconstructionLoss(x, target, loss);
            View dx = filled(3, 700, 72);
            backend.reconstructionLossBackward(x, target, loss, dx, true);
            View scores = filled(3, 700);
            backend.tokenScores(x, target, scores);
            keep("loss", loss, dx, scores);
            release();
        }

        private void convolutions() {
            // a first layer, a projection, dense with few and many filters, grouped, depthwise
            convolution(37, 3, 32, ConvGeometry.same(3, 2, 1));
            convolution(33, 40, 24, ConvGeometry.padded(1, 1, 0, 1));
            convolution(27, 24, 40, ConvGeometry.padded(3, 1, 1, 1));
            convolution(14, 256, 40, ConvGeometry.padded(3, 1, 1, 1));
            convolution(21, 32, 48, ConvGeometry.padded(3, 1, 1, 4));
            convolution(9, 144, 208, ConvGeometry.padded(3, 1, 1, 2));
            convolution(19, 72, 72, ConvGeometry.same(5, 1, 72));
            convolution(29, 72, 72, ConvGeometry.same(3, 2, 72));
            View x = filled(2, 41, 37, 24);
            View mean = filled(2, 41, 37, 24);
            backend.averagePool(x, 5, mean, true);
            ConvGeometry g = ConvGeometry.padded(3, 2, 1, 1);
            View max = filled(2, g.out(41), g.out(37), 24);
            backend.maxPool(x, g, max);
            keep("pools", mean, max);
            release();
        }

        private void convolution(int side, int in, int out, ConvGeometry g) {
            View x = filled(2, side, side, in);
            View w = filled(out, g.kernel(), g.kernel(), in / g.groups());
            View bias = filled(out);
            View y = filled(2, g.out(side), g.out(side), out);
            View dy = filled(2, g.out(side), g.out(side), out);
            View dx = filled(2, side, side, in);
            View dw = filled(out, g.kernel(), g.kernel(), in / g.groups());
            backend.conv2d(x, w, bias, g, Activation.SILU, y);
            backend.conv2dBackwardInput(dy, w, g, dx, true);
            backend.conv2dBackwardWeights(x, dy, g, dw, true);
            keep("convolution " + g + " from " + in + " to " + out, y, dx, dw);
            if (g.groups() == 1) {
                View packed = new View(backend.packWeights(w, 1), 0, w.shape());
                views.add(packed);
                backend.conv2d(x, packed, bias, g, Activation.RELU, y);
                keep("convolution " + g + " from " + in + " to " + out + ", packed", y);
            }
            release();
        }

        private void randomNumbers() {
            View x = filled(2, 409, 131);
            View y = filled(2, 409, 131);
            backend.normal(y, 3, 4);
            View z = filled(2, 409, 131);
            backend.featureJitter(x, 20, filled(2, 409), 3, 4, z);
            keep("random numbers", y, z);
            release();
        }
    }
}
