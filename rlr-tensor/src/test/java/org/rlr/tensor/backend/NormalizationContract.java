package org.rlr.tensor.backend;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
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
        // a row of one element has no variance: its result is the rounding error times 1/sqrt(eps)
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
            ErrorBound.check(
                    what + ", dx",
                    plus(accumulate, before, exact[0]),
                    plus(accumulate, before, naive[0]),
                    read(dx),
                    3,
                    4);
            ErrorBound.check(
                    what + ", dgamma",
                    plus(true, gammaBefore, exact[1]),
                    plus(true, gammaBefore, naive[1]),
                    read(dgamma),
                    3,
                    4);
            ErrorBound.check(
                    what + ", dbeta",
                    plus(true, betaBefore, exact[2]),
                    plus(true, betaBefore, naive[2]),
                    read(dbeta),
                    3,
                    4);
            results[repeat] = read(dgamma);
        }
        assertArrayEquals(results[0], results[1], "the same gradient twice");
    }

    /** Terms of a sum, their weights and the parameters of its normalisation. */
    private record Terms(List<double[]> xs, float[] weights, double[] gamma, double[] beta) {}

    private Terms terms(int terms, int rows, int n) {
        List<double[]> xs = new ArrayList<>();
        float[] weights = new float[terms];
        for (int i = 0; i < terms; i++) {
            xs.add(fuzz.normals(rows * n));
            weights[i] = i == 0 ? 2 : i % 2 == 0 ? 1 : -0.5f;
        }
        return new Terms(xs, weights, fuzz.normals(n), fuzz.normals(n));
    }

    @Test
    void layerNormOfAWeightedSum() {
        for (int n : ShapeFuzz.EDGES) {
            if (n > 1) {
                forwardOfSum(fuzz.between(1, 4), fuzz.size(0, 33), n);
            }
        }
        // more terms and wider rows than a kernel may process at once
        forwardOfSum(11, 5, 48);
        forwardOfSum(2, 3, 777);
        forwardOfSum(2, 700, 256);
    }

    private void forwardOfSum(int terms, int rows, int n) {
        Terms t = terms(terms, rows, n);
        ReferenceOps.Normalized exact =
                ReferenceOps.EXACT.layerNorm(ReferenceOps.EXACT.weightedSum(t.xs, t.weights), t.gamma, t.beta, EPS);
        ReferenceOps.Normalized naive =
                ReferenceOps.NAIVE.layerNorm(ReferenceOps.NAIVE.weightedSum(t.xs, t.weights), t.gamma, t.beta, EPS);
        List<View> inputs = t.xs.stream().map(x -> input(x, rows, n)).toList();
        View g = input(t.gamma, n);
        View b = input(t.beta, n);
        String what = "layer norm of " + terms + " terms " + rows + "x" + n + " " + fuzz;
        float[][] results = new float[2][];
        for (boolean kept : new boolean[] {true, false}) {
            View sum = kept ? output(rows, n) : null;
            View y = output(rows, n);
            View mean = output(rows);
            View rstd = output(rows);
            backend.layerNormOfSum(inputs, t.weights, g, b, EPS, sum, y, mean, rstd);
            if (kept) {
                ErrorBound.check(
                        what + ", sum",
                        ReferenceOps.EXACT.weightedSum(t.xs, t.weights),
                        ReferenceOps.NAIVE.weightedSum(t.xs, t.weights),
                        read(sum),
                        2,
                        4);
            }
            ErrorBound.check(what + ", mean", exact.mean(), naive.mean(), read(mean), 2, 2, 4);
            // if the elements of a short row nearly agree, their deviation is mostly rounding error
            double slack = n < 4 ? 64 : 8;
            ErrorBound.check(what + ", rstd", exact.rstd(), naive.rstd(), read(rstd), 3, slack);
            ErrorBound.check(what, exact.y(), naive.y(), read(y), 3, slack);
            results[kept ? 0 : 1] = read(y);
        }
        assertArrayEquals(results[0], results[1], what + ": the result is the same with and without the sum");
    }

    @Test
    void layerNormOfAWeightedSumBackward() {
        for (int n : ShapeFuzz.EDGES) {
            if (n > 1) {
                backwardOfSum(fuzz.between(1, 4), fuzz.size(0, 33), n);
            }
        }
        backwardOfSum(11, 5, 48);
        backwardOfSum(2, 700, 33);
    }

    private void backwardOfSum(int terms, int rows, int n) {
        Terms t = terms(terms, rows, n);
        double[] x = rounded(ReferenceOps.EXACT.weightedSum(t.xs, t.weights));
        double[] dy = fuzz.normals(rows * n);
        ReferenceOps.Normalized forward = ReferenceOps.EXACT.layerNorm(x, t.gamma, t.gamma, EPS);
        double[] mean = rounded(forward.mean());
        double[] rstd = rounded(forward.rstd());
        double[][] exact = ReferenceOps.EXACT.layerNormBackward(x, t.gamma, mean, rstd, dy);
        double[][] naive = ReferenceOps.NAIVE.layerNormBackward(x, t.gamma, mean, rstd, dy);
        double[] before = fuzz.normals(rows * n);
        View[] dxs = new View[terms];
        boolean[] accumulate = new boolean[terms];
        int unwanted = terms > 2 ? fuzz.between(0, terms - 2) : -1;
        for (int i = 0; i < terms; i++) {
            accumulate[i] = fuzz.flip();
            dxs[i] = i == unwanted ? null : result(accumulate[i], before, rows, n);
        }
        double[] parametersBefore = fuzz.normals(n);
        View dgamma = state(parametersBefore, n);
        View dbeta = state(parametersBefore, n);
        backend.layerNormOfSumBackward(
                input(x, rows, n),
                t.weights,
                input(t.gamma, n),
                input(mean, rows),
                input(rstd, rows),
                input(dy, rows, n),
                Arrays.asList(dxs),
                accumulate,
                dgamma,
                dbeta);
        String what = "layer norm of " + terms + " terms backward " + rows + "x" + n + " " + fuzz;
        for (int i = 0; i < terms; i++) {
            if (dxs[i] != null) {
                ErrorBound.check(
                        what + ", dx " + i,
                        plus(accumulate[i], before, scaled(t.weights[i], exact[0])),
                        plus(accumulate[i], before, scaled(t.weights[i], naive[0])),
                        read(dxs[i]),
                        3,
                        4);
            }
        }
        ErrorBound.check(
                what + ", dgamma",
                plus(true, parametersBefore, exact[1]),
                plus(true, parametersBefore, naive[1]),
                read(dgamma),
                3,
                4);
        ErrorBound.check(
                what + ", dbeta",
                plus(true, parametersBefore, exact[2]),
                plus(true, parametersBefore, naive[2]),
                read(dbeta),
                3,
                4);
    }

    /** A term that occurs twice receives both gradients. */
    @Test
    void layerNormOfATermTwiceBackward() {
        int rows = 7;
        int n = 24;
        View x = input(fuzz.normals(rows * n), rows, n);
        View gamma = input(fuzz.normals(n), n);
        View mean = input(new double[rows], rows);
        View rstd = input(fuzz.uniforms(rows, 1, 2), rows);
        View dy = input(fuzz.normals(rows * n), rows, n);
        View parameters = state(new double[2 * n], 2, n);
        View dgamma = new View(parameters.storage(), parameters.offset(), gamma.shape());
        View dbeta = new View(parameters.storage(), parameters.offset() + n, gamma.shape());
        View once = output(rows, n);
        backend.layerNormBackward(x, gamma, mean, rstd, dy, once, false, dgamma, dbeta);
        View twice = output(rows, n);
        backend.layerNormOfSumBackward(
                x,
                new float[] {0.5f, 2},
                gamma,
                mean,
                rstd,
                dy,
                List.of(twice, twice),
                new boolean[] {false, true},
                dgamma,
                dbeta);
        double[] exact = new double[rows * n];
        float[] d = read(once);
        for (int i = 0; i < exact.length; i++) {
            exact[i] = 2.5 * d[i];
        }
        ErrorBound.check("twice " + fuzz, exact, exact, read(twice), 2, 2);
    }

    private static double[] scaled(double factor, double[] values) {
        return Arrays.stream(values).map(v -> factor * v).toArray();
    }

    private static double[] rounded(double[] values) {
        double[] result = new double[values.length];
        for (int i = 0; i < values.length; i++) {
            result[i] = (float) values[i];
        }
        return result;
    }
}
