package org.rlr.tensor.backend;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.rlr.tensor.Shape;

/** The contract of the elementwise primitives. */
public abstract class ElementwiseContract extends BackendContract {
    /** Half a unit in the last place of 1. */
    private static final double UNIT = 0x1p-24;

    private static final double STEP = 1e-6;

    private double[] arguments(UnaryOp op, int n) {
        return switch (op) {
            case LOG, SQRT, RECIPROCAL -> fuzz.uniforms(n, 0.01, 20);
            default -> fuzz.flip() ? fuzz.normals(n) : fuzz.uniforms(n, -14, 14);
        };
    }

    /** A few units of the result, plus the effect of a few units of the argument or of an intermediate result. */
    private static double bound(double value, double up, double down) {
        return 4 * UNIT * (Math.abs(value) + Math.abs(up - down) / (2 * STEP)) + Float.MIN_NORMAL;
    }

    @ParameterizedTest
    @EnumSource
    void unaryIsTheFunctionRounded(UnaryOp op) {
        for (int n : ShapeFuzz.EDGES) {
            double[] x = arguments(op, n);
            double[] exact = new double[n];
            double[] bounds = new double[n];
            for (int i = 0; i < n; i++) {
                exact[i] = ReferenceOps.unary(op, x[i]);
                bounds[i] = bound(
                        exact[i], ReferenceOps.unary(op, x[i] * (1 + STEP)), ReferenceOps.unary(op, x[i] * (1 - STEP)));
            }
            View y = output(n);
            backend.unary(op, input(x, n), y);
            ErrorBound.each(op + " of " + n + " " + fuzz, exact, bounds, read(y));
            View inPlace = state(x, n);
            backend.unary(op, inPlace, inPlace);
            ErrorBound.each(op + " in place of " + n + " " + fuzz, exact, bounds, read(inPlace));
        }
    }

    @ParameterizedTest
    @EnumSource
    void unaryBackwardIsTheDerivative(UnaryOp op) {
        for (int n : ShapeFuzz.EDGES) {
            double[] x = arguments(op, n);
            double[] y = new double[n];
            double[] dy = fuzz.normals(n);
            double[] exact = new double[n];
            double[] bounds = new double[n];
            double[] before = fuzz.normals(n);
            boolean accumulate = fuzz.flip();
            for (int i = 0; i < n; i++) {
                y[i] = (float) ReferenceOps.unary(op, x[i]);
                double d = ReferenceOps.derivative(op, x[i]);
                double condition = op == UnaryOp.RELU || op == UnaryOp.RELU6
                        ? 0
                        : ReferenceOps.derivative(op, x[i] * (1 + STEP))
                                - ReferenceOps.derivative(op, x[i] * (1 - STEP));
                exact[i] = (accumulate ? before[i] : 0) + dy[i] * d;
                // y is rounded, so its unit counts if the derivative is computed from it
                bounds[i] = 2 * Math.abs(dy[i]) * (bound(d, condition, 0) + 4 * UNIT)
                        + (accumulate ? 2 * UNIT * (Math.abs(before[i]) + 1) : 0);
            }
            View xs = input(x, n);
            View ys = input(y, n);
            View dx = result(accumulate, before, n);
            backend.unaryBackward(op, xs, ys, input(dy, n), dx, accumulate);
            ErrorBound.each(op + " backward of " + n + " " + fuzz, exact, bounds, read(dx));
            if (!accumulate) {
                View inPlace = state(dy, n);
                backend.unaryBackward(op, xs, ys, inPlace, inPlace, false);
                ErrorBound.each(op + " backward in place of " + n + " " + fuzz, exact, bounds, read(inPlace));
            }
        }
    }

    @Test
    void exponentialFunctionsKeepTheirLimits() {
        float big = Float.POSITIVE_INFINITY;
        double[] x = {0, -0.0, 1000, -1000, big, -big, Double.NaN, 88.72, -87.3, 89, -104, 5e-8f, -5e-8f, 30, -30, 0.5};
        for (UnaryOp op : List.of(UnaryOp.EXP, UnaryOp.TANH, UnaryOp.SIGMOID, UnaryOp.SILU, UnaryOp.GELU)) {
            View y = output(x.length);
            backend.unary(op, state(x, x.length), y);
            float[] actual = read(y);
            for (int i = 0; i < x.length; i++) {
                // x·0 at x = −∞ is NaN in every library; the limit 0 is also correct
                double exact = x[i] == -big && (op == UnaryOp.SILU || op == UnaryOp.GELU)
                        ? 0
                        : ReferenceOps.unary(op, (float) x[i]);
                if (x[i] == -big && (op == UnaryOp.SILU || op == UnaryOp.GELU)) {
                    assertTrue(Float.isNaN(actual[i]) || actual[i] == 0, op + " of -Infinity is " + actual[i]);
                } else if (Double.isNaN(exact) || Float.isInfinite((float) exact)) {
                    assertEquals((float) exact, actual[i], op + " of " + x[i]);
                } else {
                    assertEquals(
                            exact,
                            actual[i],
                            1e-6 * Math.abs(exact) * Math.max(1, Math.min(Math.abs(x[i]), 100) / 8) + 2e-38,
                            op + " of " + x[i]);
                }
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void binaryBroadcasts(BinaryOp op) {
        for (int repeat = 0; repeat < 60; repeat++) {
            int rank = fuzz.between(0, 4);
            int[] out = new int[rank];
            for (int i = 0; i < rank; i++) {
                out[i] = i == rank - 1 ? fuzz.size() : fuzz.between(fuzz.between(0, 1), 5);
            }
            Shape shape = Shape.of(out);
            Shape a = narrowed(shape);
            Shape b = narrowed(shape);
            double[] as = fuzz.normals(a.elements());
            double[] bs = fuzz.uniforms(b.elements(), 0.5, 3);
            double[] before = fuzz.normals(shape.elements());
            boolean accumulate = fuzz.flip();
            double[] exact = plus(accumulate, before, ReferenceOps.EXACT.binary(op, as, a, bs, b, shape));
            double[] naive = plus(accumulate, before, ReferenceOps.NAIVE.binary(op, as, a, bs, b, shape));
            View y = result(accumulate, before, out);
            backend.binary(op, input(as, a.toArray()), input(bs, b.toArray()), y, accumulate);
            ErrorBound.check(op + " " + a + " " + b + " to " + shape + " " + fuzz, exact, naive, read(y), 2, 1, 4);
        }
    }

    private Shape narrowed(Shape out) {
        int rank = fuzz.flip() ? out.rank() : fuzz.between(0, out.rank());
        int[] extents = new int[rank];
        for (int i = 0; i < rank; i++) {
            extents[i] = fuzz.between(0, 2) == 0 ? 1 : out.dim(out.rank() - rank + i);
        }
        return Shape.of(extents);
    }

    @ParameterizedTest
    @EnumSource
    void binaryMayWriteOverAnArgument(BinaryOp op) {
        for (int n : new int[] {1, 7, 33, 100}) {
            double[] a = fuzz.normals(3 * n);
            double[] b = fuzz.uniforms(n, 0.5, 3);
            double[] exact = ReferenceOps.EXACT.binary(op, a, Shape.of(3, n), b, Shape.of(n), Shape.of(3, n));
            View left = state(a, 3, n);
            backend.binary(op, left, input(b, n), left, false);
            ErrorBound.check(op + " over a " + fuzz, exact, exact, read(left), 2, 1);
            double[] c = fuzz.uniforms(3 * n, 0.5, 3);
            double[] second = ReferenceOps.EXACT.binary(op, a, Shape.of(3, n), c, Shape.of(3, n), Shape.of(3, n));
            View right = state(c, 3, n);
            backend.binary(op, input(a, 3, n), right, right, false);
            ErrorBound.check(op + " over b " + fuzz, second, second, read(right), 2, 1);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void affineScalesAndShifts(boolean accumulate) {
        for (int n : ShapeFuzz.EDGES) {
            double[] x = fuzz.normals(n);
            double[] before = fuzz.normals(n);
            double[] exact = new double[n];
            for (int i = 0; i < n; i++) {
                exact[i] = (accumulate ? before[i] : 0) + 0.75 * x[i] - 1.5;
            }
            View y = result(accumulate, before, n);
            backend.affine(input(x, n), 0.75f, -1.5f, y, accumulate);
            ErrorBound.check("affine of " + n + " " + fuzz, exact, exact, read(y), 2, 2, 4);
            if (!accumulate) {
                View inPlace = state(x, n);
                backend.affine(inPlace, 0.75f, -1.5f, inPlace, false);
                ErrorBound.check("affine in place of " + n + " " + fuzz, exact, exact, read(inPlace), 2, 2, 4);
            }
        }
    }

    @Test
    void weightedSumAddsAll() {
        for (int n : new int[] {0, 1, 15, 17, 129, 5000, 40_001}) {
            double[] a = fuzz.normals(n);
            double[] b = fuzz.normals(n);
            double[] c = fuzz.normals(n);
            double[] exact = new double[n];
            for (int i = 0; i < n; i++) {
                exact[i] = 0.5 * a[i] - 2 * b[i] + 0.25 * c[i];
            }
            View y = output(n);
            backend.weightedSum(List.of(input(a, n), input(b, n), input(c, n)), new float[] {0.5f, -2, 0.25f}, y);
            ErrorBound.check("weighted sum of " + n + " " + fuzz, exact, exact, read(y), 2, 2, 4);
        }
    }

    @Test
    void largeArraysAreSplitCorrectly() {
        int n = 300_007;
        double[] x = fuzz.normals(n);
        double[] exact = new double[n];
        for (int i = 0; i < n; i++) {
            exact[i] = Math.max(x[i], 0) + 1;
        }
        View y = output(n);
        backend.unary(UnaryOp.RELU, input(x, n), y);
        View z = output(n);
        backend.binary(BinaryOp.ADD, y, input(new double[] {1}), z, false);
        ErrorBound.check("relu + 1 " + fuzz, exact, exact, read(z), 2, 1);
    }
}
