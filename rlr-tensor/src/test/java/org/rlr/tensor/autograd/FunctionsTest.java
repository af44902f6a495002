package org.rlr.tensor.autograd;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import java.util.Random;
import java.util.function.DoubleUnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.rlr.tensor.Shape;
import org.rlr.tensor.Tensor;
import org.rlr.tensor.TensorScope;
import org.rlr.tensor.backend.Activation;
import org.rlr.tensor.backend.Backend;
import org.rlr.tensor.backend.BackendSettings;
import org.rlr.tensor.backend.Backends;
import org.rlr.tensor.backend.BinaryOp;
import org.rlr.tensor.backend.UnaryOp;

/** Compares every function's gradient with central differences of a double-precision oracle. */
class FunctionsTest {
    private final Backend backend = Backends.open("cpu", BackendSettings.DEFAULTS.withThreads(2));
    private final Random random = new Random(5);

    @AfterEach
    void nothingLeaks() {
        assertEquals(0, backend.memory().used());
        backend.close();
    }

    private float[] values(int n, double from, double to) {
        float[] v = new float[n];
        for (int i = 0; i < n; i++) {
            v[i] = (float) (from + (to - from) * random.nextDouble());
        }
        return v;
    }

    @ParameterizedTest
    @EnumSource(BinaryOp.class)
    void binaryFunctionsSumTheirGradientOverBroadcastAxes(BinaryOp op) {
        int[][][] pairs = {
            {{2, 3, 4}, {2, 3, 4}},
            {{2, 3, 4}, {4}},
            {{2, 1, 4}, {3, 1}},
            {{3}, {2, 3}},
            {{}, {2, 2}},
            {{2, 3, 4}, {2, 1, 1}}
        };
        for (int[][] pair : pairs) {
            Shape a = Shape.of(pair[0]);
            Shape b = Shape.of(pair[1]);
            Shape y = Shape.broadcast(a, b);
            GradCheck.check(
                    backend,
                    List.of(pair[0], pair[1]),
                    List.of(values(a.elements(), -1, 1), values(b.elements(), 0.6, 2)),
                    in -> Functions.binary(op, in.get(0), in.get(1)),
                    in -> {
                        double[] out = new double[y.elements()];
                        for (int i = 0; i < out.length; i++) {
                            double p = in[0][source(i, y, a)];
                            double q = in[1][source(i, y, b)];
                            out[i] = switch (op) {
                                case ADD -> p + q;
                                case SUB -> p - q;
                                case MUL -> p * q;
                                case DIV -> p / q;
                            };
                        }
                        return out;
                    });
        }
    }

    /** The element of a broadcast operand behind element i of the result. */
    private static int source(int i, Shape y, Shape operand) {
        int at = 0;
        int step = 1;
        for (int axis = y.rank() - 1; axis >= 0; axis--) {
            int position = i % y.dim(axis);
            i /= y.dim(axis);
            int own = axis - (y.rank() - operand.rank());
            if (own >= 0) {
                at += operand.dim(own) == 1 ? 0 : position * step;
                step *= operand.dim(own);
            }
        }
        return at;
    }

    @ParameterizedTest
    @EnumSource(UnaryOp.class)
    void unaryFunctions(UnaryOp op) {
        DoubleUnaryOperator f = switch (op) {
            case NEG -> x -> -x;
            case EXP -> Math::exp;
            case LOG -> Math::log;
            case SQRT -> Math::sqrt;
            case SQUARE -> x -> x * x;
            case RECIPROCAL -> x -> 1 / x;
            case TANH -> Math::tanh;
            case SIGMOID -> x -> 1 / (1 + Math.exp(-x));
            case RELU -> x -> Math.max(x, 0);
            case RELU6 -> x -> Math.min(Math.max(x, 0), 6);
            case SILU -> x -> x / (1 + Math.exp(-x));
            case GELU -> x -> x * normalDistribution(x);
        };
        boolean positive = op == UnaryOp.LOG || op == UnaryOp.SQRT || op == UnaryOp.RECIPROCAL;
        float[] x = values(19, positive ? 0.3 : -3, 3);
        x[0] = positive ? 1 : 7;
        GradCheck.check(
                backend,
                List.of(new int[] {19}),
                List.of(x),
                in -> in.get(0).apply(op),
                in -> java.util.Arrays.stream(in[0]).map(f).toArray());
    }

    /** Φ by its series, good to 1e-15 for |x| up to 8. */
    private static double normalDistribution(double x) {
        double term = x;
        double sum = x;
        for (int i = 1; i < 200; i++) {
            term *= x * x / (2 * i + 1);
            sum += term;
        }
        return 0.5 + sum * Math.exp(-x * x / 2) / Math.sqrt(2 * Math.PI);
    }

    @Test
    void reductionsAndLayout() {
        float[] x = values(24, -2, 2);
        List<int[]> shape = List.of(new int[] {2, 3, 4});
        GradCheck.check(backend, shape, List.of(x), in -> in.get(0).mean(1), in -> {
            double[] y = new double[8];
            for (int i = 0; i < 24; i++) {
                y[i / 12 * 4 + i % 4] += in[0][i] / 3;
            }
            return y;
        });
        GradCheck.check(backend, shape, List.of(x), in -> in.get(0).max(1), in -> {
            double[] y = new double[8];
            java.util.Arrays.fill(y, Double.NEGATIVE_INFINITY);
            for (int i = 0; i < 24; i++) {
                int at = i / 12 * 4 + i % 4;
                y[at] = Math.max(y[at], in[0][i]);
            }
            return y;
        });
        GradCheck.check(backend, shape, List.of(x), in -> in.get(0).permute(2, 0, 1), in -> {
            double[] y = new double[24];
            for (int i = 0; i < 24; i++) {
                y[i % 4 * 6 + i / 12 * 3 + i / 4 % 3] = in[0][i];
            }
            return y;
        });
        GradCheck.check(
                backend, shape, List.of(x), in -> in.get(0).slice(1, 1, 2).reshape(4, 4), in -> {
                    double[] y = new double[16];
                    for (int i = 0; i < 16; i++) {
                        y[i] = in[0][i / 8 * 12 + 4 + i % 8];
                    }
                    return y;
                });
        GradCheck.check(
                backend,
                shape,
                List.of(x),
                in -> Functions.narrow(in.get(0), 1, 1).affine(3, 1),
                in -> java.util.Arrays.stream(in[0], 12, 24).map(v -> 3 * v + 1).toArray());
        GradCheck.check(backend, shape, List.of(x), in -> in.get(0).softmax(), in -> {
            double[] y = new double[24];
            for (int row = 0; row < 6; row++) {
                double sum = 0;
                for (int i = 0; i < 4; i++) {
                    sum += Math.exp(in[0][row * 4 + i]);
                }
                for (int i = 0; i < 4; i++) {
                    y[row * 4 + i] = Math.exp(in[0][row * 4 + i]) / sum;
                }
            }
            return y;
        });
    }

    @Test
    void aTensorUsedSeveralTimesAccumulatesEveryGradient() {
        GradCheck.check(
                backend,
                List.of(new int[] {3}, new int[] {3}),
                List.of(values(3, -1, 1), values(3, -1, 1)),
                in -> Functions.concat(
                        List.of(in.get(0).mul(in.get(0)), in.get(1), in.get(0).add(in.get(1))), 0),
                in -> {
                    double[] y = new double[9];
                    for (int i = 0; i < 3; i++) {
                        y[i] = in[0][i] * in[0][i];
                        y[3 + i] = in[1][i];
                        y[6 + i] = in[0][i] + in[1][i];
                    }
                    return y;
                });
        GradCheck.check(
                backend,
                List.of(new int[] {5}, new int[] {5}),
                List.of(values(5, -1, 1), values(5, -1, 1)),
                in -> Functions.weightedSum(List.of(in.get(0), in.get(1), in.get(0)), new float[] {2, -1, 0.5f}),
                in -> {
                    double[] y = new double[5];
                    for (int i = 0; i < 5; i++) {
                        y[i] = 2.5 * in[0][i] - in[1][i];
                    }
                    return y;
                });
    }

    @Test
    void matrixProductsWithEveryTransposition() {
        for (boolean ta : new boolean[] {false, true}) {
            for (boolean tb : new boolean[] {false, true}) {
                int[] a = ta ? new int[] {2, 4, 3} : new int[] {2, 3, 4};
                int[] b = tb ? new int[] {2, 5, 4} : new int[] {2, 4, 5};
                GradCheck.check(
                        backend,
                        List.of(a, b),
                        List.of(values(24, -1, 1), values(40, -1, 1)),
                        in -> Functions.matmul(in.get(0), ta, in.get(1), tb),
                        in -> product(in[0], ta, in[1], tb, 2, 3, 4, 5, true));
            }
            boolean tb = ta;
            int[] b = tb ? new int[] {5, 4} : new int[] {4, 5};
            GradCheck.check(
                    backend,
                    List.of(new int[] {2, 3, 4}, b),
                    List.of(values(24, -1, 1), values(20, -1, 1)),
                    in -> Functions.matmul(in.get(0), false, in.get(1), tb),
                    in -> product(in[0], false, in[1], tb, 2, 3, 4, 5, false));
        }
    }

    private static double[] product(
            double[] a, boolean ta, double[] b, boolean tb, int batch, int m, int k, int n, boolean batchedB) {
        double[] y = new double[batch * m * n];
        for (int s = 0; s < batch; s++) {
            for (int i = 0; i < m; i++) {
                for (int j = 0; j < n; j++) {
                    for (int l = 0; l < k; l++) {
                        double x = a[s * m * k + (ta ? l * m + i : i * k + l)];
                        double w = b[(batchedB ? s * k * n : 0) + (tb ? j * k + l : l * n + j)];
                        y[(s * m + i) * n + j] += x * w;
                    }
                }
            }
        }
        return y;
    }

    @Test
    void linearWithGelu() {
        GradCheck.check(
                backend,
                List.of(new int[] {2, 3, 4}, new int[] {5, 4}, new int[] {5}),
                List.of(values(24, -1, 1), values(20, -1, 1), values(5, -1, 1)),
                in -> FusedFunctions.linear(in.get(0), in.get(1), in.get(2), Activation.GELU),
                in -> {
                    double[] y = product(in[0], false, in[1], true, 1, 6, 4, 5, false);
                    for (int i = 0; i < y.length; i++) {
                        double x = y[i] + in[2][i % 5];
                        y[i] = x * normalDistribution(x);
                    }
                    return y;
                });
    }

    @Test
    void layerNorm() {
        GradCheck.check(
                backend,
                List.of(new int[] {3, 7}, new int[] {7}, new int[] {7}),
                List.of(values(21, -2, 2), values(7, 0.5, 1.5), values(7, -1, 1)),
                in -> FusedFunctions.layerNorm(in.get(0), in.get(1), in.get(2), 1e-5f),
                in -> normalized(in[0], in[1], in[2]));
    }

    /** The first term occurs twice; the last is a constant and needs no gradient. */
    @Test
    void layerNormOfAWeightedSum() {
        float[] constant = values(21, -2, 2);
        GradCheck.check(
                backend,
                List.of(new int[] {3, 7}, new int[] {3, 7}, new int[] {7}, new int[] {7}),
                List.of(values(21, -2, 2), values(21, -2, 2), values(7, 0.5, 1.5), values(7, -1, 1)),
                in -> FusedFunctions.layerNormOfSum(
                        List.of(in.get(0), in.get(1), in.get(0), Tensor.of(constant, 3, 7)),
                        new float[] {2, 1, -0.5f, 0.25f},
                        in.get(2),
                        in.get(3),
                        1e-5f),
                in -> {
                    double[] sum = new double[21];
                    for (int i = 0; i < 21; i++) {
                        sum[i] = 1.5 * in[0][i] + in[1][i] + 0.25 * constant[i];
                    }
                    return normalized(sum, in[2], in[3]);
                });
    }

    @Test
    void layerNormOfASumNamesMismatchedShapes() {
        try (TensorScope scope = TensorScope.open(backend)) {
            Tensor row = Tensor.zeros(3);
            assertEquals(
                    "layer norm of the sum of shapes [2, 3] and [1, 3]",
                    assertThrows(
                                    IllegalArgumentException.class,
                                    () -> FusedFunctions.layerNormOfSum(
                                            List.of(Tensor.zeros(2, 3), Tensor.zeros(1, 3)),
                                            new float[] {1, 1},
                                            row,
                                            row,
                                            1e-5f))
                            .getMessage());
            assertEquals(
                    "1 terms with 2 weights",
                    assertThrows(
                                    IllegalArgumentException.class,
                                    () -> FusedFunctions.layerNormOfSum(
                                            List.of(Tensor.zeros(2, 3)), new float[] {1, 1}, row, row, 1e-5f))
                            .getMessage());
        }
    }

    private static double[] normalized(double[] x, double[] gamma, double[] beta) {
        int n = gamma.length;
        double[] y = new double[x.length];
        for (int from = 0; from < x.length; from += n) {
            double mean = 0;
            double var = 0;
            for (int i = 0; i < n; i++) {
                mean += x[from + i] / n;
            }
            for (int i = 0; i < n; i++) {
                var += Math.pow(x[from + i] - mean, 2) / n;
            }
            for (int i = 0; i < n; i++) {
                y[from + i] = (x[from + i] - mean) / Math.sqrt(var + 1e-5) * gamma[i] + beta[i];
            }
        }
        return y;
    }

    @Test
    void reconstructionLoss() {
        float[] target = values(12, -1, 1);
        GradCheck.check(
                backend,
                List.of(new int[] {1, 3, 4}),
                List.of(values(12, -1, 1)),
                in -> FusedFunctions.reconstructionLoss(in.get(0), Tensor.of(target, 1, 3, 4)),
                in -> {
                    double squares = 0;
                    double cosines = 0;
                    for (int t = 0; t < 3; t++) {
                        double dot = 0;
                        double a = 0;
                        double b = 0;
                        for (int c = 0; c < 4; c++) {
                            double x = in[0][t * 4 + c];
                            double y = target[t * 4 + c];
                            squares += (x - y) * (x - y) / 12;
                            dot += x * y;
                            a += x * x;
                            b += y * y;
                        }
                        cosines += (1 - dot / Math.sqrt(a * b)) / 3;
                    }
                    return new double[] {squares + cosines};
                });
    }

    @Test
    void parametersAccumulateIntoTheirOwnGradient() {
        try (TensorScope outer = TensorScope.open(backend)) {
            Tensor w = Tensor.of(new float[] {1, 2}, 2).gradInto(Tensor.zeros(2));
            for (int i = 0; i < 2; i++) {
                try (TensorScope step = TensorScope.open(backend)) {
                    w.mul(Tensor.of(new float[] {3, 4}, 2)).sum().backward();
                }
            }
            assertArrayEquals(new float[] {6, 8}, w.grad().toArray());
        }
    }

    @Test
    void nothingIsRecordedInInferenceOrWithoutALeafThatRequiresGradients() {
        try (TensorScope outer = TensorScope.open(backend)) {
            Tensor w = Tensor.of(new float[] {1, 2}, 2).setRequiresGrad();
            assertNull(Tensor.zeros(2).add(Tensor.zeros(2)).node());
            try (TensorScope inner = TensorScope.inference(backend)) {
                Tensor y = w.add(w).sum();
                assertNull(y.node());
                assertThrows(IllegalStateException.class, y::backward);
            }
            assertThrows(IllegalStateException.class, w.add(w)::backward, "not a scalar");
        }
    }

    @Test
    void aLongChainDoesNotOverflowTheStack() {
        try (TensorScope scope = TensorScope.open(backend)) {
            Tensor x = Tensor.scalar(1).setRequiresGrad();
            Tensor y = x;
            for (int i = 0; i < 20_000; i++) {
                y = y.affine(1, 0.5f);
            }
            y.backward();
            assertEquals(1, x.grad().item());
        }
    }

    @Test
    void incompatibleShapesAreNamed() {
        try (TensorScope scope = TensorScope.open(backend)) {
            Tensor a = Tensor.zeros(2, 3);
            Tensor b = Tensor.zeros(4, 5);
            assertEquals(
                    "shapes [2, 3] and [4, 5] cannot be broadcast together",
                    assertThrows(IllegalArgumentException.class, () -> a.add(b)).getMessage());
            assertThrows(IllegalArgumentException.class, () -> a.matmul(b));
            assertThrows(IllegalArgumentException.class, () -> a.reshape(7));
        }
    }
}
