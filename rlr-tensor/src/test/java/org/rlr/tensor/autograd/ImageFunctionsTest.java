package org.rlr.tensor.autograd;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.rlr.tensor.Tensor;
import org.rlr.tensor.TensorScope;
import org.rlr.tensor.backend.Backend;
import org.rlr.tensor.backend.BackendSettings;
import org.rlr.tensor.backend.Backends;
import org.rlr.tensor.nn.BatchNorm;
import org.rlr.tensor.nn.ParameterSet;

/** Values and gradients against double-precision oracles, and the running statistics. */
class ImageFunctionsTest {
    private final Backend backend = Backends.open("cpu", BackendSettings.DEFAULTS.withThreads(2));
    private final Random random = new Random(7);

    @AfterEach
    void nothingLeaks() {
        assertEquals(0, backend.memory().used());
        backend.close();
    }

    private float[] values(int n) {
        float[] v = new float[n];
        for (int i = 0; i < n; i++) {
            v[i] = random.nextFloat() * 2 - 0.5f;
        }
        return v;
    }

    @Test
    void batchNormAndItsThreeGradients() {
        int rows = 2 * 3 * 2;
        int c = 5;
        GradCheck.check(
                backend,
                List.of(new int[] {2, 3, 2, c}, new int[] {c}, new int[] {c}),
                List.of(values(rows * c), values(c), values(c)),
                in -> ImageFunctions.batchNorm(in.get(0), in.get(1), in.get(2), 1e-2f)
                        .output(),
                in -> {
                    double[] y = new double[rows * c];
                    for (int ch = 0; ch < c; ch++) {
                        double mean = 0;
                        double variance = 0;
                        for (int r = 0; r < rows; r++) {
                            mean += in[0][r * c + ch] / rows;
                        }
                        for (int r = 0; r < rows; r++) {
                            variance += Math.pow(in[0][r * c + ch] - mean, 2) / rows;
                        }
                        for (int r = 0; r < rows; r++) {
                            y[r * c + ch] =
                                    (in[0][r * c + ch] - mean) / Math.sqrt(variance + 1e-2f) * in[1][ch] + in[2][ch];
                        }
                    }
                    return y;
                });
    }

    @Test
    void interpolationAndItsGradientAlsoWithOneRowOrColumn() {
        for (int[] s : new int[][] {{2, 3, 4, 2}, {1, 1, 3, 2}, {1, 2, 1, 3}, {1, 1, 1, 1}}) {
            GradCheck.check(
                    backend,
                    List.of(s),
                    List.of(values(s[0] * s[1] * s[2] * s[3])),
                    in -> ImageFunctions.upsample2(in.get(0)),
                    in -> interpolated(in[0], s));
        }
    }

    /** Interpolates at every output pixel's centre between the centres of input pixels. */
    private static double[] interpolated(double[] x, int[] s) {
        int h = s[1];
        int w = s[2];
        int c = s[3];
        double[] y = new double[4 * x.length];
        for (int i = 0; i < y.length; i++) {
            int ch = i % c;
            int column = i / c % (2 * w);
            int row = i / c / (2 * w) % (2 * h);
            int n = i / c / (4 * w * h);
            double py = Math.max(0, Math.min(h - 1, (row + 0.5) / 2 - 0.5));
            double px = Math.max(0, Math.min(w - 1, (column + 0.5) / 2 - 0.5));
            for (int dy = 0; dy < 2; dy++) {
                for (int dx = 0; dx < 2; dx++) {
                    int yy = Math.min((int) py + dy, h - 1);
                    int xx = Math.min((int) px + dx, w - 1);
                    double weight = (dy == 0 ? 1 - py + (int) py : py - (int) py)
                            * (dx == 0 ? 1 - px + (int) px : px - (int) px);
                    y[i] += weight * x[((n * h + yy) * w + xx) * c + ch];
                }
            }
        }
        return y;
    }

    @Test
    void runningStatisticsFollowTheBatchesAndServeInference() {
        ParameterSet learned = new ParameterSet();
        ParameterSet buffers = new ParameterSet();
        BatchNorm norm = new BatchNorm(learned.root(), buffers.root(), 1);
        learned.allocate(backend, true);
        buffers.allocate(backend, false);
        learned.initialize(1);
        buffers.initialize(1);
        try (TensorScope scope = TensorScope.open(backend)) {
            norm.train(Tensor.of(new float[] {1, 3}, 2, 1));
            // mean 2, unbiased variance 2
            assertArrayEquals(new float[] {0.2f}, buffers.stateDict().get("running_mean"), 1e-7f);
            assertArrayEquals(new float[] {0.9f + 0.2f}, buffers.stateDict().get("running_var"), 1e-6f);
            float[] y = norm.infer(Tensor.of(new float[] {0.2f, 1.2f}, 2, 1)).toArray();
            assertArrayEquals(new float[] {0, (float) (1 / Math.sqrt(1.1 + 1e-5))}, y, 1e-6f);
            assertThrows(IllegalArgumentException.class, () -> norm.train(Tensor.of(new float[] {1}, 1, 1)));
        }
        learned.close();
        buffers.close();
    }
}
