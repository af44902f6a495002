package org.rlr.tensor.backend;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.fail;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;
import java.util.function.DoubleSupplier;
import java.util.function.DoubleUnaryOperator;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.rlr.tensor.Shape;

/** The contract of convolution and pooling: the definitions in double, within the rounding of float sums. */
public abstract class ConvolutionContract extends BackendContract {
    private static final long SEED = 20240707;

    /** One test per convolution: fixed cases cover each kind, random cases the rest. */
    @TestFactory
    List<DynamicTest> convolutions() {
        List<DynamicTest> tests = new ArrayList<>();
        for (ReferenceConvolution c : cases()) {
            tests.add(DynamicTest.dynamicTest(name(c), () -> {
                forward(c);
                gradients(c);
            }));
        }
        return tests;
    }

    private static List<ReferenceConvolution> cases() {
        List<ReferenceConvolution> cases = new ArrayList<>();
        cases.add(new ReferenceConvolution(ConvGeometry.padded(7, 2, 3, 1), 2, 19, 22, 3, 16));
        cases.add(new ReferenceConvolution(ConvGeometry.same(3, 2, 1), 1, 64, 64, 3, 32));
        cases.add(new ReferenceConvolution(ConvGeometry.padded(1, 1, 0, 1), 3, 5, 7, 20, 33));
        cases.add(new ReferenceConvolution(ConvGeometry.padded(1, 2, 0, 1), 2, 9, 8, 16, 24));
        cases.add(new ReferenceConvolution(ConvGeometry.padded(1, 1, 0, 4), 1, 6, 5, 8, 12));
        // enough filter values for all threads, enough rows for several blocks of columns
        cases.add(new ReferenceConvolution(ConvGeometry.padded(5, 1, 2, 1), 1, 14, 14, 256, 11));
        cases.add(new ReferenceConvolution(ConvGeometry.padded(3, 1, 1, 2), 2, 9, 9, 8, 6));
        cases.add(new ReferenceConvolution(ConvGeometry.padded(3, 1, 1, 6), 1, 5, 5, 6, 12));
        // a kernel larger than the image; outputs completely inside the padding
        cases.add(new ReferenceConvolution(ConvGeometry.same(5, 1, 1), 1, 2, 1, 5, 4));
        cases.add(new ReferenceConvolution(ConvGeometry.padded(3, 1, 4, 1), 1, 3, 4, 5, 4));
        cases.add(new ReferenceConvolution(new ConvGeometry(3, 2, 0, 5, 8, false), 1, 5, 6, 8, 8));
        cases.add(new ReferenceConvolution(new ConvGeometry(3, 2, 5, 0, 8, false), 1, 5, 6, 8, 8));
        for (int channels : new int[] {1, 4, 7, 8, 9, 15, 16, 17, 24, 31, 33, 40, 65, 144}) {
            for (int kernel : new int[] {3, 5}) {
                int stride = 1 + (channels + kernel) % 2;
                cases.add(new ReferenceConvolution(
                        ConvGeometry.same(kernel, stride, channels), 2, 11, 14, channels, channels));
            }
        }
        Random random = new Random(SEED);
        int[] kernels = {1, 3, 5, 7};
        for (int i = 0; i < 60; i++) {
            int kernel = kernels[random.nextInt(kernels.length)];
            int stride = 1 + random.nextInt(2);
            int groups = 1 + random.nextInt(4);
            int channels = groups * (1 + random.nextInt(10));
            int out = groups * (1 + random.nextInt(10));
            if (random.nextInt(3) == 0) {
                channels = 1 + random.nextInt(40);
                groups = channels;
                out = channels;
            }
            int height = 1 + random.nextInt(12);
            int width = 1 + random.nextInt(12);
            ConvGeometry g = random.nextBoolean()
                    ? ConvGeometry.same(kernel, stride, groups)
                    : new ConvGeometry(kernel, stride, random.nextInt(kernel), random.nextInt(kernel), groups, false);
            if (g.out(height) > 0 && g.out(width) > 0) {
                cases.add(new ReferenceConvolution(g, 1 + random.nextInt(3), height, width, channels, out));
            }
        }
        return cases;
    }

    private void forward(ReferenceConvolution c) {
        Random random = new Random(SEED);
        float[] x = values(random, c.inputs());
        float[] w = values(random, c.weights());
        float[] bias = values(random, c.outChannels);
        double[] scale = c.forward(magnitudes(x), magnitudes(w), magnitudes(bias));
        double[] unbiased = c.forward(doubles(x), doubles(w), null);
        double[] biased = c.forward(doubles(x), doubles(w), doubles(bias));
        for (Activation activation : Activation.values()) {
            boolean withBias = activation != Activation.NONE;
            double[] expected = withBias ? biased : unbiased;
            DoubleUnaryOperator f = function(activation);
            float[] actual = run(c.outputs(), outShape(c), y -> {
                View xv = view(x, inShape(c));
                View wv = view(w, weightShape(c));
                View bv = withBias ? view(bias, Shape.of(c.outChannels)) : null;
                backend.conv2d(xv, wv, bv, c.geometry, activation, y);
                release(xv, wv, bv);
            });
            for (int i = 0; i < actual.length; i++) {
                double value = f.applyAsDouble(expected[i]);
                assertClose(value, actual[i], scale[i] + Math.abs(value), activation + " output", i);
            }
            if (c.geometry.groups() == 1) {
                assertArrayEquals(actual, packed(c, x, w, withBias ? bias : null, activation), "with packed weights");
            }
        }
    }

    private float[] packed(ReferenceConvolution c, float[] x, float[] w, float[] bias, Activation activation) {
        return run(c.outputs(), outShape(c), y -> {
            View xv = view(x, inShape(c));
            View wv = view(w, weightShape(c));
            View bv = bias == null ? null : view(bias, Shape.of(c.outChannels));
            View pv = new View(backend.packWeights(wv, 1), 0, wv.shape());
            backend.conv2d(xv, pv, bv, c.geometry, activation, y);
            release(xv, wv, bv, pv);
        });
    }

    private void gradients(ReferenceConvolution c) {
        Random random = new Random(SEED + 1);
        float[] x = values(random, c.inputs());
        float[] w = values(random, c.weights());
        float[] dy = values(random, c.outputs());
        double[] dx = c.inputGradient(doubles(dy), doubles(w));
        double[] dw = c.weightGradient(doubles(x), doubles(dy));
        double[] dxScale = c.inputGradient(magnitudes(dy), magnitudes(w));
        double[] dwScale = c.weightGradient(magnitudes(x), magnitudes(dy));
        for (boolean accumulate : new boolean[] {false, true}) {
            float before = accumulate ? 0.5f : Float.NaN;
            double added = accumulate ? 0.5 : 0;
            float[] actualX = run(before, c.inputs(), inShape(c), out -> {
                View dyv = view(dy, outShape(c));
                View wv = view(w, weightShape(c));
                backend.conv2dBackwardInput(dyv, wv, c.geometry, out, accumulate);
                release(dyv, wv);
            });
            for (int i = 0; i < actualX.length; i++) {
                assertClose(dx[i] + added, actualX[i], dxScale[i] + added, "input gradient", i);
            }
            float[] actualW = run(before, c.weights(), weightShape(c), out -> {
                View xv = view(x, inShape(c));
                View dyv = view(dy, outShape(c));
                backend.conv2dBackwardWeights(xv, dyv, c.geometry, out, accumulate);
                release(xv, dyv);
            });
            for (int i = 0; i < actualW.length; i++) {
                assertClose(dw[i] + added, actualW[i], dwScale[i] + added, "weight gradient", i);
            }
        }
    }

    /** Checks the gradients of the reference that backends are compared with. */
    @Test
    void theReferenceGradientsMatchCentralDifferences() {
        for (ConvGeometry g :
                List.of(ConvGeometry.same(3, 2, 2), ConvGeometry.padded(3, 1, 1, 4), ConvGeometry.padded(5, 2, 2, 1))) {
            ReferenceConvolution c = new ReferenceConvolution(g, 2, 5, 6, 4, 4);
            Random random = new Random(SEED);
            double[] x = doubles(values(random, c.inputs()));
            double[] w = doubles(values(random, c.weights()));
            double[] dy = doubles(values(random, c.outputs()));
            assertArrayEquals(
                    differences(x, () -> dot(c.forward(x, w, null), dy)), c.inputGradient(dy, w), 1e-7, g.toString());
            assertArrayEquals(
                    differences(w, () -> dot(c.forward(x, w, null), dy)), c.weightGradient(x, dy), 1e-7, g.toString());
        }
    }

    @Test
    void averagePoolCountsItsPadding() {
        Random random = new Random(SEED);
        for (int[] s : new int[][] {
            {1, 1, 1, 1, 3}, {2, 5, 7, 9, 3}, {3, 4, 1, 16, 5}, {1, 6, 2, 33, 1}, {1, 2, 3, 8, 7}, {1, 32, 32, 72, 3}
        }) {
            ReferenceConvolution c =
                    new ReferenceConvolution(ConvGeometry.padded(s[4], 1, s[4] / 2, 1), s[0], s[1], s[2], s[3], s[3]);
            float[] x = values(random, c.inputs());
            double[] expected = c.average(doubles(x));
            double[] scale = c.average(magnitudes(x));
            for (boolean accumulate : new boolean[] {false, true}) {
                double added = accumulate ? 0.5 : 0;
                float[] actual = run(accumulate ? 0.5f : Float.NaN, c.outputs(), outShape(c), y -> {
                    View xv = view(x, inShape(c));
                    backend.averagePool(xv, s[4], y, accumulate);
                    release(xv);
                });
                for (int i = 0; i < actual.length; i++) {
                    assertClose(expected[i] + added, actual[i], scale[i] + added, Arrays.toString(s) + " output", i);
                }
            }
        }
    }

    @Test
    void maxPoolNeverTakesThePadding() {
        Random random = new Random(SEED);
        List<ConvGeometry> geometries = List.of(
                ConvGeometry.padded(3, 2, 1, 1),
                ConvGeometry.same(3, 2, 1),
                ConvGeometry.padded(2, 2, 0, 1),
                ConvGeometry.same(5, 1, 1));
        for (ConvGeometry g : geometries) {
            for (int channels : new int[] {1, 7, 8, 17, 64}) {
                ReferenceConvolution c = new ReferenceConvolution(g, 2, 9, 8, channels, channels);
                float[] x = values(random, c.inputs());
                for (int i = 0; i < x.length; i++) {
                    x[i] -= 3;
                }
                double[] expected = c.maximum(doubles(x));
                float[] actual = run(c.outputs(), outShape(c), y -> {
                    View xv = view(x, inShape(c));
                    backend.maxPool(xv, g, y);
                    release(xv);
                });
                assertArrayEquals(expected, doubles(actual), 0, g + ", " + channels + " channels");
            }
        }
    }

    @Test
    void nanPropagates() {
        ConvGeometry g = ConvGeometry.same(3, 1, 16);
        ReferenceConvolution c = new ReferenceConvolution(g, 1, 6, 6, 16, 16);
        float[] x = new float[c.inputs()];
        x[(3 * 6 + 3) * 16 + 5] = Float.NaN;
        float[] w = values(new Random(SEED), c.weights());
        for (Activation activation : List.of(Activation.NONE, Activation.RELU, Activation.RELU6, Activation.SILU)) {
            float[] actual = run(c.outputs(), outShape(c), y -> {
                View xv = view(x, inShape(c));
                View wv = view(w, weightShape(c));
                backend.conv2d(xv, wv, null, g, activation, y);
                release(xv, wv);
            });
            int count = 0;
            for (float v : actual) {
                count += Float.isNaN(v) ? 1 : 0;
            }
            assertEquals(9, count, activation.toString());
        }
    }

    @Test
    void aRepeatedCallGivesTheSameBits() {
        ReferenceConvolution c = new ReferenceConvolution(ConvGeometry.same(3, 1, 1), 2, 33, 31, 24, 40);
        Random random = new Random(SEED);
        float[] x = values(random, c.inputs());
        float[] w = values(random, c.weights());
        float[] dy = values(random, c.outputs());
        float[][] first = null;
        for (int i = 0; i < 5; i++) {
            float[][] results = {
                run(c.outputs(), outShape(c), y -> {
                    View xv = view(x, inShape(c));
                    View wv = view(w, weightShape(c));
                    backend.conv2d(xv, wv, null, c.geometry, Activation.SILU, y);
                    release(xv, wv);
                }),
                run(c.inputs(), inShape(c), dx -> {
                    View dyv = view(dy, outShape(c));
                    View wv = view(w, weightShape(c));
                    backend.conv2dBackwardInput(dyv, wv, c.geometry, dx, false);
                    release(dyv, wv);
                }),
                run(c.weights(), weightShape(c), dw -> {
                    View xv = view(x, inShape(c));
                    View dyv = view(dy, outShape(c));
                    backend.conv2dBackwardWeights(xv, dyv, c.geometry, dw, false);
                    release(xv, dyv);
                })
            };
            if (first == null) {
                first = results;
            }
            for (int j = 0; j < results.length; j++) {
                assertArrayEquals(first[j], results[j], 0f);
            }
        }
    }

    // ---- shared by the tests ----

    private static String name(ReferenceConvolution c) {
        return c.geometry + " of " + inShape(c) + " to " + outShape(c) + ", seed " + SEED;
    }

    private static Shape inShape(ReferenceConvolution c) {
        return Shape.of(c.images, c.height, c.width, c.channels);
    }

    private static Shape outShape(ReferenceConvolution c) {
        return Shape.of(c.images, c.outHeight, c.outWidth, c.outChannels);
    }

    private static Shape weightShape(ReferenceConvolution c) {
        return Shape.of(c.outChannels, c.geometry.kernel(), c.geometry.kernel(), c.channels / c.geometry.groups());
    }

    private float[] run(int elements, Shape shape, Consumer<View> body) {
        return run(Float.NaN, elements, shape, body);
    }

    /** Runs a primitive on a result filled with {@code before}, between guards that must not change. */
    private float[] run(float before, int elements, Shape shape, Consumer<View> body) {
        int guard = 5;
        Storage storage = backend.allocate(elements + 2 * guard);
        backend.fill(new View(storage, 0, Shape.of(elements + 2 * guard)), 123f);
        View out = new View(storage, guard, shape);
        backend.fill(out, before);
        body.accept(out);
        float[] all = new float[elements + 2 * guard];
        backend.download(new View(storage, 0, Shape.of(all.length)), all, 0);
        storage.release();
        for (int i = 0; i < guard; i++) {
            assertEquals(123f, all[i], "written before the result");
            assertEquals(123f, all[all.length - 1 - i], "written after the result");
        }
        return Arrays.copyOfRange(all, guard, guard + elements);
    }

    /** An argument inside its storage, surrounded by NaN: nothing outside may be read. */
    private View view(float[] values, Shape shape) {
        Storage storage = backend.allocate(values.length + 6);
        backend.fill(new View(storage, 0, Shape.of(values.length + 6)), Float.NaN);
        View view = new View(storage, 3, shape);
        backend.upload(values, 0, view);
        return view;
    }

    private static void release(View... views) {
        for (View v : views) {
            if (v != null) {
                v.storage().release();
            }
        }
    }

    /** Asserts equality within the rounding of a float sum; {@code scale} is the sum of the terms' absolute values. */
    private static void assertClose(double expected, float actual, double scale, String what, int index) {
        double bound = 8 * Math.ulp(1f) * (scale + 1e-3);
        if (!(Math.abs(actual - expected) <= bound)) {
            fail(what + " " + index + ": " + actual + " instead of " + expected + ", allowed " + bound);
        }
    }

    private static DoubleUnaryOperator function(Activation activation) {
        return switch (activation) {
            case NONE -> v -> v;
            case RELU -> v -> Math.max(v, 0);
            case RELU6 -> v -> Math.min(Math.max(v, 0), 6);
            case SILU -> v -> v / (1 + Math.exp(-v));
            case SIGMOID -> v -> 1 / (1 + Math.exp(-v));
            case GELU -> v -> v * normalDistribution(v);
        };
    }

    /** {@code Φ(v) = ½ + φ(v)·(v + v³/3 + v⁵/15 + …)}, Abramowitz and Stegun 26.2.11. */
    private static double normalDistribution(double v) {
        double x = Math.max(-9, Math.min(9, v));
        double term = x;
        double sum = x;
        for (int i = 3; Math.abs(term) > 1e-17 * Math.abs(sum); i += 2) {
            term *= x * x / i;
            sum += term;
        }
        return 0.5 + Math.exp(-x * x / 2) / Math.sqrt(2 * Math.PI) * sum;
    }

    private static double[] differences(double[] at, DoubleSupplier f) {
        double[] gradient = new double[at.length];
        for (int i = 0; i < at.length; i++) {
            double value = at[i];
            at[i] = value + 1e-4;
            double above = f.getAsDouble();
            at[i] = value - 1e-4;
            gradient[i] = (above - f.getAsDouble()) / 2e-4;
            at[i] = value;
        }
        return gradient;
    }

    private static double dot(double[] a, double[] b) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) {
            sum += a[i] * b[i];
        }
        return sum;
    }

    private static float[] values(Random random, int n) {
        float[] values = new float[n];
        for (int i = 0; i < n; i++) {
            values[i] = (float) (2 * random.nextDouble() - 1);
        }
        return values;
    }

    private static double[] doubles(float[] values) {
        double[] d = new double[values.length];
        for (int i = 0; i < d.length; i++) {
            d[i] = values[i];
        }
        return d;
    }

    private static double[] magnitudes(float[] values) {
        double[] d = doubles(values);
        for (int i = 0; i < d.length; i++) {
            d[i] = Math.abs(d[i]);
        }
        return d;
    }
}
