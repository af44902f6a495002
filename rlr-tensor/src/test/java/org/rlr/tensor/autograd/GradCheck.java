package org.rlr.tensor.autograd;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Random;
import java.util.function.Function;
import org.rlr.tensor.Shape;
import org.rlr.tensor.Tensor;
import org.rlr.tensor.TensorScope;
import org.rlr.tensor.backend.Backend;

/**
 * Compares the gradients of a function of tensors with central differences of a double-precision oracle of the same
 * function. The scalar differentiated is {@code Σ w·y} with fixed random weights w, so that every element of the output
 * counts.
 */
public final class GradCheck {
    private static final double STEP = 1e-5;
    private static final double TOLERANCE = 2e-4;

    private GradCheck() {}

    /** The function in double precision: arrays in, array out, row-major. */
    public interface Oracle {
        double[] apply(double[][] inputs);
    }

    /**
     * Checks one function on one backend.
     *
     * @param shapes extents of the inputs
     * @param values their values
     */
    public static void check(
            Backend backend,
            List<int[]> shapes,
            List<float[]> values,
            Function<List<Tensor>, Tensor> function,
            Oracle oracle) {
        double[][] inputs = values.stream().map(GradCheck::doubles).toArray(double[][]::new);
        double[] expected = oracle.apply(inputs);
        double[] weights = new Random(11).doubles(expected.length, 0.5, 1.5).toArray();
        try (TensorScope scope = TensorScope.open(backend)) {
            List<Tensor> leaves = new java.util.ArrayList<>();
            for (int i = 0; i < shapes.size(); i++) {
                leaves.add(Tensor.of(values.get(i), shapes.get(i)).setRequiresGrad());
            }
            Tensor y = function.apply(leaves);
            assertClose(expected, y.toArray(), "value");
            float[] w = new float[weights.length];
            for (int i = 0; i < w.length; i++) {
                w[i] = (float) weights[i];
                weights[i] = w[i];
            }
            Tensor loss = y.mul(Tensor.of(w, y.shape().toArray())).sum();
            loss.backward();
            for (int i = 0; i < inputs.length; i++) {
                double[] numeric = new double[inputs[i].length];
                for (int j = 0; j < numeric.length; j++) {
                    double x = inputs[i][j];
                    inputs[i][j] = x + STEP;
                    double up = dot(weights, oracle.apply(inputs));
                    inputs[i][j] = x - STEP;
                    double down = dot(weights, oracle.apply(inputs));
                    inputs[i][j] = x;
                    numeric[j] = (up - down) / (2 * STEP);
                }
                assertClose(
                        numeric,
                        leaves.get(i).grad().toArray(),
                        "gradient of input " + i + " of shape " + Shape.of(shapes.get(i)));
            }
        }
    }

    private static double dot(double[] a, double[] b) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) {
            sum += a[i] * b[i];
        }
        return sum;
    }

    private static double[] doubles(float[] values) {
        double[] d = new double[values.length];
        for (int i = 0; i < d.length; i++) {
            d[i] = values[i];
        }
        return d;
    }

    private static void assertClose(double[] expected, float[] actual, String what) {
        double scale = 1e-3;
        for (double e : expected) {
            scale = Math.max(scale, Math.abs(e));
        }
        assertTrue(
                expected.length == actual.length,
                what + ": " + actual.length + " values instead of " + expected.length);
        for (int i = 0; i < expected.length; i++) {
            assertTrue(
                    Math.abs(expected[i] - actual[i]) <= TOLERANCE * scale,
                    what + " at " + i + ": " + actual[i] + " instead of " + expected[i]);
        }
    }
}
