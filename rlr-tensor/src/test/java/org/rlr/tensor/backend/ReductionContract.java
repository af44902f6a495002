package org.rlr.tensor.backend;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import org.junit.jupiter.api.Test;
import org.rlr.tensor.Shape;

/** The contract of sums, maxima and softmax. */
public abstract class ReductionContract extends BackendContract {

    private void sumTo(Shape x, Shape y) {
        boolean accumulate = fuzz.flip();
        double[] xs = fuzz.normals(x.elements());
        double[] before = fuzz.normals(y.elements());
        double[] exact = plus(accumulate, before, ReferenceOps.EXACT.sumTo(xs, x, y));
        double[] naive = plus(accumulate, before, ReferenceOps.NAIVE.sumTo(xs, x, y));
        View input = input(xs, x.toArray());
        View result = result(accumulate, before, y.toArray());
        backend.sumTo(input, result, accumulate);
        ErrorBound.check(
                "sum of " + x + " to " + y + " " + fuzz, exact, naive, read(result), 3, 2, magnitude(xs, x, y));
        View again = result(accumulate, before, y.toArray());
        backend.sumTo(input, again, accumulate);
        assertArrayEquals(read(result), read(again), "the same sum twice");
    }

    /** The largest sum of magnitudes. */
    private static double magnitude(double[] xs, Shape x, Shape y) {
        double[] magnitudes = new double[xs.length];
        for (int i = 0; i < xs.length; i++) {
            magnitudes[i] = Math.abs(xs[i]);
        }
        double largest = 1;
        for (double sum : ReferenceOps.EXACT.sumTo(magnitudes, x, y)) {
            largest = Math.max(largest, sum);
        }
        return largest;
    }

    @Test
    void sumToReversesBroadcasting() {
        for (int repeat = 0; repeat < 80; repeat++) {
            int rank = fuzz.between(0, 4);
            int[] x = new int[rank];
            for (int i = 0; i < rank; i++) {
                x[i] = fuzz.flip() ? fuzz.between(0, 4) : fuzz.size(0, 17);
            }
            int keep = fuzz.between(0, rank);
            int[] y = new int[keep];
            for (int i = 0; i < keep; i++) {
                y[i] = fuzz.flip() ? 1 : x[rank - keep + i];
            }
            sumTo(Shape.of(x), Shape.of(y));
        }
    }

    @Test
    void sumToOfManyRows() {
        sumTo(Shape.of(5000, 33), Shape.of(33));
        sumTo(Shape.of(3000, 8), Shape.of(1, 8));
        sumTo(Shape.of(40, 1000), Shape.of(40, 1));
        sumTo(Shape.of(200_001), Shape.of());
        sumTo(Shape.of(3, 700, 17), Shape.of(3, 1, 17));
        sumTo(Shape.of(7, 5, 900), Shape.of(5, 1));
    }

    @Test
    void maxAndItsGradient() {
        for (int repeat = 0; repeat < 60; repeat++) {
            int rank = fuzz.between(1, 4);
            int[] extents = new int[rank];
            for (int i = 0; i < rank; i++) {
                extents[i] = fuzz.between(1, 6);
            }
            int axis = fuzz.between(0, rank - 1);
            extents[axis] = fuzz.size(1, 33);
            Shape x = Shape.of(extents);
            Shape y = x.with(axis, 1);
            double[] xs = fuzz.normals(x.elements());
            for (int i = 0; i < xs.length; i++) {
                // ties
                xs[i] = Math.rint(2 * xs[i]);
            }
            double[] dy = fuzz.normals(y.elements());
            double[] best = new double[y.elements()];
            double[] gradient = new double[x.elements()];
            int inner = x.span(axis + 1, rank);
            int n = extents[axis];
            for (int i = 0; i < best.length; i++) {
                int base = i / inner * n * inner + i % inner;
                int at = base;
                for (int j = 1; j < n; j++) {
                    if (xs[base + j * inner] > xs[at]) {
                        at = base + j * inner;
                    }
                }
                best[i] = xs[at];
                gradient[at] = dy[i];
            }
            View input = input(xs, extents);
            View max = output(y.toArray());
            int asked = fuzz.flip() ? axis : axis - rank;
            backend.max(input, asked, max);
            ErrorBound.same("max along " + axis + " of " + x + " " + fuzz, best, read(max));
            boolean accumulate = fuzz.flip();
            double[] before = fuzz.normals(x.elements());
            View dx = result(accumulate, before, extents);
            backend.maxBackward(input, max, input(dy, y.toArray()), asked, dx, accumulate);
            double[] exact = plus(accumulate, before, gradient);
            ErrorBound.check("max backward along " + axis + " of " + x + " " + fuzz, exact, exact, read(dx), 2, 1);
        }
    }

    @Test
    void softmaxOfRows() {
        for (int n : ShapeFuzz.EDGES) {
            if (n == 0) {
                continue;
            }
            int rows = fuzz.size(0, 17);
            double[] x = fuzz.uniforms(rows * n, -20, 20);
            View y = output(rows, n);
            View input = input(x, rows, n);
            backend.softmax(input, y);
            double[] exact = ReferenceOps.EXACT.softmax(x, n);
            double[] naive = ReferenceOps.NAIVE.softmax(x, n);
            ErrorBound.check("softmax " + rows + "x" + n + " " + fuzz, exact, naive, read(y), 2, 4);
            View inPlace = state(x, rows, n);
            backend.softmax(inPlace, inPlace);
            ErrorBound.check("softmax in place " + rows + "x" + n + " " + fuzz, exact, naive, read(inPlace), 2, 4);
        }
    }

    @Test
    void softmaxIgnoresMinusInfinityAndBigOffsets() {
        double low = Float.NEGATIVE_INFINITY;
        double[] x = {1e4, 1e4 + 1, low, 1e4 - 1, low, low, low, low, 1e4, low, 9990};
        View y = output(x.length);
        backend.softmax(input(x, x.length), y);
        double[] exact = ReferenceOps.EXACT.softmax(x, x.length);
        ErrorBound.check("softmax with masked elements", exact, exact, read(y), 2, 4);
    }

    @Test
    void softmaxBackwardOfRows() {
        for (int n : ShapeFuzz.EDGES) {
            if (n == 0) {
                continue;
            }
            int rows = fuzz.size(0, 17);
            boolean accumulate = fuzz.flip();
            double[] y = new double[rows * n];
            double[] soft = ReferenceOps.EXACT.softmax(fuzz.normals(rows * n), n);
            for (int i = 0; i < y.length; i++) {
                y[i] = (float) soft[i];
            }
            double[] dy = fuzz.normals(rows * n);
            double[] before = fuzz.normals(rows * n);
            View dx = result(accumulate, before, rows, n);
            backend.softmaxBackward(input(y, rows, n), input(dy, rows, n), dx, accumulate);
            ErrorBound.check(
                    "softmax backward " + rows + "x" + n + " " + fuzz,
                    plus(accumulate, before, ReferenceOps.EXACT.softmaxBackward(y, dy, n)),
                    plus(accumulate, before, ReferenceOps.NAIVE.softmaxBackward(y, dy, n)),
                    read(dx),
                    3,
                    4);
        }
    }
}
