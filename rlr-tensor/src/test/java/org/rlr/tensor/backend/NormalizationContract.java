package org.rlr.tensor.backend;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import org.junit.jupiter.api.Test;

/** The contract of layer normalisation. */
public abstract class NormalizationContract extends BackendContract {
    private static final float EPS = 1e-5f;

    @Test
    void layerNormOfRows() {
        for (int n : ShapeFuzz.EDGES) {
            if (n == 0) {
                continue;
            }
            forward(fuzz.size(0, 33), n, 0);
            forward(fuzz.size(0, 33), n, 30);
        }
        forward(700, 256, 0);
    }

    private void forward(int rows, int n, double shift) {
        double[] x = fuzz.uniforms(rows * n, shift - 2, shift + 3);
        double[] gamma = fuzz.normals(n);
        double[] beta = fuzz.normals(n);
        ReferenceOps.Normalized exact = ReferenceOps.EXACT.layerNorm(x, gamma, beta, EPS);
        ReferenceOps.Normalized naive = ReferenceOps.NAIVE.layerNorm(x, gamma, beta, EPS);
        View g = input(gamma, n);
        View b = input(beta, n);
        View y = output(rows, n);
        View mean = output(rows);
        View rstd = output(rows);
        backend.layerNorm(input(x, rows, n), g, b, EPS, y, mean, rstd);
        String what = "layer norm " + rows + "x" + n + " around " + shift + " " + fuzz;
        ErrorBound.check(what + ", mean", exact.mean(), naive.mean(), read(mean), 2, 2, 1 + Math.abs(shift));
        // a row of one element has no variance: its result is what rounding leaves times 1/sqrt(eps)
        double slack = n == 1 ? 400 : 4;
        ErrorBound.check(what + ", rstd", exact.rstd(), naive.rstd(), read(rstd), 2, slack);
        ErrorBound.check(what, exact.y(), naive.y(), read(y), 2, slack);
        View inPlace = state(x, rows, n);
        backend.layerNorm(inPlace, g, b, EPS, inPlace, mean, rstd);
        ErrorBound.check(what + " in place", exact.y(), naive.y(), read(inPlace), 2, slack);
    }

    @Test
    void layerNormBackwardOfRows() {
        for (int n : ShapeFuzz.EDGES) {
            if (n > 1) {
                backward(fuzz.size(0, 33), n);
            }
        }
        backward(700, 33);
        backward(3001, 8);
    }

    private void backward(int rows, int n) {
        double[] x = fuzz.normals(rows * n);
        double[] gamma = fuzz.normals(n);
        double[] dy = fuzz.normals(rows * n);
        ReferenceOps.Normalized forward = ReferenceOps.EXACT.layerNorm(x, gamma, gamma, EPS);
        double[] mean = rounded(forward.mean());
        double[] rstd = rounded(forward.rstd());
        double[] before = fuzz.normals(rows * n);
        double[] gammaBefore = fuzz.normals(n);
        double[] betaBefore = fuzz.normals(n);
        boolean accumulate = fuzz.flip();
        double[][] exact = ReferenceOps.EXACT.layerNormBackward(x, gamma, mean, rstd, dy);
        double[][] naive = ReferenceOps.NAIVE.layerNormBackward(x, gamma, mean, rstd, dy);
        View xs = input(x, rows, n);
        View g = input(gamma, n);
        View m = input(mean, rows);
        View r = input(rstd, rows);
        View d = input(dy, rows, n);
        float[][] results = new float[2][];
        for (int repeat = 0; repeat < 2; repeat++) {
            View dx = result(accumulate, before, rows, n);
            View dgamma = state(gammaBefore, n);
            View dbeta = state(betaBefore, n);
            backend.layerNormBackward(xs, g, m, r, d, dx, accumulate, dgamma, dbeta);
            String what = "layer norm backward " + rows + "x" + n + " " + fuzz;
            ErrorBound.check(what + ", dx", plus(accumulate, before, exact[0]), plus(accumulate, before, naive[0]), read(dx), 3, 4);
            ErrorBound.check(what + ", dgamma", plus(true, gammaBefore, exact[1]), plus(true, gammaBefore, naive[1]), read(dgamma), 3, 4);
            ErrorBound.check(what + ", dbeta", plus(true, betaBefore, exact[2]), plus(true, betaBefore, naive[2]), read(dbeta), 3, 4);
            results[repeat] = read(dgamma);
        }
        assertArrayEquals(results[0], results[1], "the same gradient twice");
    }

    private static double[] rounded(double[] values) {
        double[] result = new double[values.length];
        for (int i = 0; i < values.length; i++) {
            result[i] = (float) values[i];
        }
        return result;
    }
}
