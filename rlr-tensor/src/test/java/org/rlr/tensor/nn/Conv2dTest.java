package org.rlr.tensor.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.rlr.tensor.RlrException;
import org.rlr.tensor.Tensor;
import org.rlr.tensor.TensorScope;
import org.rlr.tensor.backend.Activation;
import org.rlr.tensor.backend.Backend;
import org.rlr.tensor.backend.BackendSettings;
import org.rlr.tensor.backend.Backends;
import org.rlr.tensor.backend.ConvGeometry;

/** Convolutions loaded from state dicts in PyTorch's order, and batch normalisations folded into them. */
class Conv2dTest {
    private static final int IN = 4;
    private static final int OUT = 6;
    private static final int SIDE = 5;

    private final Backend backend = Backends.open("cpu", BackendSettings.DEFAULTS.withThreads(2));
    private final ParameterSet parameters = new ParameterSet();
    private final Map<String, float[]> state = new LinkedHashMap<>();
    private final Random random = new Random(5);

    @AfterEach
    void nothingLeaks() {
        parameters.close();
        assertEquals(0, backend.memory().used());
        backend.close();
    }

    /** Random values for the set's tensors, positive for variances. */
    private ParameterSet.Source source() {
        Map<String, int[]> shapes = parameters.stateShapes();
        shapes.forEach((name, shape) -> {
            int elements = 1;
            for (int extent : shape) {
                elements *= extent;
            }
            float[] values = new float[elements];
            for (int i = 0; i < elements; i++) {
                values[i] = random.nextFloat() + (name.endsWith("running_var") ? 0.5f : -0.5f);
            }
            state.put(name, values);
        });
        return new ParameterSet.Source() {
            @Override
            public int[] shape(String name) {
                return shapes.get(name);
            }

            @Override
            public float[] values(String name) {
                return state.get(name);
            }
        };
    }

    private float[] image() {
        float[] x = new float[2 * SIDE * SIDE * IN];
        for (int i = 0; i < x.length; i++) {
            x[i] = random.nextFloat() - 0.5f;
        }
        return x;
    }

    private float[] run(Conv2d convolution, float[] x, Activation activation) {
        try (TensorScope scope = TensorScope.inference(backend)) {
            return convolution
                    .forward(Tensor.of(x, 2, SIDE, SIDE, IN), activation)
                    .toArray();
        }
    }

    /** The definition in double, with filters {@code [out, in/groups, k, k]} as in a state dict. */
    private static double[] expected(float[] x, float[] w, ConvGeometry g) {
        int k = g.kernel();
        int perGroup = IN / g.groups();
        int side = g.out(SIDE);
        double[] y = new double[2 * side * side * OUT];
        for (int i = 0; i < y.length; i++) {
            int o = i % OUT;
            int column = i / OUT % side;
            int row = i / OUT / side % side;
            int n = i / OUT / side / side;
            for (int c = 0; c < perGroup; c++) {
                for (int tap = 0; tap < k * k; tap++) {
                    int yy = row * g.stride() - g.before(SIDE) + tap / k;
                    int xx = column * g.stride() - g.before(SIDE) + tap % k;
                    if (yy >= 0 && yy < SIDE && xx >= 0 && xx < SIDE) {
                        int channel = o / (OUT / g.groups()) * perGroup + c;
                        y[i] += w[(o * perGroup + c) * k * k + tap] * x[((n * SIDE + yy) * SIDE + xx) * IN + channel];
                    }
                }
            }
        }
        return y;
    }

    private static void assertClose(double[] expected, float[] actual) {
        assertEquals(expected.length, actual.length);
        for (int i = 0; i < expected.length; i++) {
            assertEquals(expected[i], actual[i], 1e-5, "value " + i);
        }
    }

    /** Frozen weights are stored in another order and give the same results. */
    @ParameterizedTest
    @CsvSource({"3, 1, 1, true", "3, 2, 2, true", "1, 1, 1, false", "2, 2, 1, true"})
    void aStateDictHoldsFiltersAsPyTorchDoes(int kernel, int stride, int groups, boolean biased) {
        ConvGeometry geometry = ConvGeometry.padded(kernel, stride, kernel / 2, groups);
        Conv2d convolution = biased
                ? new Conv2d(parameters.root().sub("conv"), IN, OUT, geometry)
                : new Conv2d(parameters.root().sub("conv"), IN, OUT, geometry, Initializer.constant(0), null);
        assertEquals(
                biased ? List.of("conv.weight", "conv.bias") : List.of("conv.weight"),
                List.copyOf(parameters.stateShapes().keySet()));
        assertArrayEquals(
                new int[] {OUT, IN / groups, kernel, kernel},
                parameters.stateShapes().get("conv.weight"));
        parameters.allocate(backend, false);
        parameters.load(source(), "made");
        state.forEach((name, values) ->
                assertArrayEquals(values, parameters.stateDict().get(name)));
        float[] x = image();
        double[] expected = expected(x, state.get("conv.weight"), geometry);
        for (int i = 0; biased && i < expected.length; i++) {
            expected[i] += state.get("conv.bias")[i % OUT];
        }
        assertClose(expected, run(convolution, x, Activation.NONE));
        parameters.freeze();
        assertClose(expected, run(convolution, x, Activation.NONE));
        for (int i = 0; i < expected.length; i++) {
            expected[i] = Math.max(0, expected[i]);
        }
        assertClose(expected, run(convolution, x, Activation.RELU));
    }

    @ParameterizedTest
    @CsvSource({"1", "2"})
    void aFoldedBatchNormalisationEqualsASeparateOne(int groups) {
        ConvGeometry geometry = ConvGeometry.same(3, 2, groups);
        double eps = 1e-3;
        Conv2d folded =
                Conv2d.folded(parameters.root().sub("conv"), parameters.root().sub("bn"), eps, IN, OUT, geometry);
        assertEquals(
                List.of("conv.weight", "bn.weight", "bn.bias", "bn.running_mean", "bn.running_var"),
                List.copyOf(parameters.stateShapes().keySet()));
        parameters.allocate(backend, false);
        parameters.load(source(), "made");
        assertThrows(IllegalStateException.class, parameters::stateDict);
        float[] x = image();
        double[] expected = expected(x, state.get("conv.weight"), geometry);
        for (int i = 0; i < expected.length; i++) {
            int o = i % OUT;
            double deviation = Math.sqrt(state.get("bn.running_var")[o] + eps);
            expected[i] = (expected[i] - state.get("bn.running_mean")[o]) / deviation * state.get("bn.weight")[o]
                    + state.get("bn.bias")[o];
        }
        assertClose(expected, run(folded, x, Activation.NONE));
        parameters.freeze();
        assertClose(expected, run(folded, x, Activation.NONE));
    }

    @Test
    void nonFiniteFoldNamesAllTensors() {
        Conv2d.folded(
                parameters.root().sub("conv"),
                parameters.root().sub("bn"),
                0,
                IN,
                OUT,
                ConvGeometry.padded(1, 1, 0, 1));
        parameters.allocate(backend, false);
        ParameterSet.Source source = source();
        state.get("bn.running_var")[2] = -1;
        String message = assertThrows(RlrException.class, () -> parameters.load(source, "made.pth"))
                .getMessage();
        assertTrue(
                message.startsWith("made.pth: the tensors conv.weight, bn.weight, ") && message.contains("give NaN"),
                message);
    }

    @Test
    void layerNormUsesItsEpsilon() {
        LayerNorm norm = new LayerNorm(parameters.root().sub("norm"), 2, 3);
        parameters.allocate(backend, false);
        parameters.initialize(1);
        try (TensorScope scope = TensorScope.inference(backend)) {
            // mean 2, variance 1
            assertArrayEquals(
                    new float[] {-0.5f, 0.5f},
                    norm.forward(Tensor.of(new float[] {1, 3}, 1, 2)).toArray(),
                    1e-6f);
        }
    }
}
