package org.rlr.tensor.backend;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.rlr.tensor.Shape;

/** The contract of matrix products and linear layers. */
public abstract class MatrixContract extends BackendContract {

    private static int[] shape(int batches, int rows, int columns) {
        return batches < 0 ? new int[] {rows, columns} : new int[] {batches, rows, columns};
    }

    /** {@code batches < 0} means no batch axis; b and c may omit it. */
    private void matmul(
            int batches,
            int m,
            int n,
            int k,
            boolean transA,
            boolean transB,
            boolean sharedB,
            boolean summedC,
            float alpha) {
        boolean accumulate = fuzz.flip();
        int count = Math.max(1, batches < 0 ? 1 : batches);
        int repeats = batches == 0 ? 0 : count;
        double[] a = fuzz.normals((batches < 0 ? 1 : batches) * m * k);
        double[] b = fuzz.normals((batches < 0 || sharedB ? 1 : batches) * k * n);
        int results = batches < 0 || summedC ? 1 : batches;
        double[] before = fuzz.normals(results * m * n);
        double[] exact = new double[results * m * n];
        double[] naive = new double[results * m * n];
        for (int i = 0; i < repeats; i++) {
            double[] ai = Arrays.copyOfRange(a, i * m * k, (i + 1) * m * k);
            double[] bi = sharedB ? b : Arrays.copyOfRange(b, i * k * n, (i + 1) * k * n);
            double[] e = ReferenceOps.EXACT.matmul(ai, transA, bi, transB, m, n, k, alpha);
            double[] f = ReferenceOps.NAIVE.matmul(ai, transA, bi, transB, m, n, k, alpha);
            for (int j = 0; j < m * n; j++) {
                int at = (summedC ? 0 : i * m * n) + j;
                exact[at] += e[j];
                naive[at] = (float) (naive[at] + f[j]);
            }
        }
        View c = result(accumulate, before, shape(summedC ? -1 : batches, m, n));
        backend.matmul(
                input(a, transA ? shape(batches, k, m) : shape(batches, m, k)),
                transA,
                input(b, transB ? shape(sharedB ? -1 : batches, n, k) : shape(sharedB ? -1 : batches, k, n)),
                transB,
                alpha,
                c,
                accumulate);
        ErrorBound.check(
                "matmul " + batches + " of " + m + "x" + n + "x" + k + (transA ? " A'" : "") + (transB ? " B'" : "")
                        + (sharedB ? " shared b" : "") + (summedC ? " summed c" : "")
                        + (accumulate ? " accumulated " : " ") + fuzz,
                plus(accumulate, before, exact),
                plus(accumulate, before, naive),
                read(c),
                2,
                2,
                4 + 4 * alpha * Math.sqrt(k * count));
    }

    @ParameterizedTest
    @CsvSource({"false,false", "true,false", "false,true", "true,true"})
    void matmulOfFuzzedShapes(boolean transA, boolean transB) {
        for (int repeat = 0; repeat < 60; repeat++) {
            matmul(
                    -1,
                    fuzz.size(0, 65),
                    fuzz.size(0, 65),
                    fuzz.size(0, 65),
                    transA,
                    transB,
                    false,
                    false,
                    fuzz.flip() ? 1 : 0.37f);
        }
    }

    @ParameterizedTest
    @CsvSource({"false,false", "true,false", "false,true", "true,true"})
    void matmulLargerThanItsBlocks(boolean transA, boolean transB) {
        matmul(-1, 403, 131, 70, transA, transB, false, false, 1);
        matmul(-1, 30, 1100, 33, transA, transB, false, false, 1);
        matmul(-1, 37, 29, 1503, transA, transB, false, false, 0.5f);
        matmul(-1, 1, 300, 300, transA, transB, false, false, 1);
        matmul(-1, 300, 1, 300, transA, transB, false, false, 1);
        matmul(-1, 200, 300, 1, transA, transB, false, false, 1);
    }

    @ParameterizedTest
    @CsvSource({"false,false", "true,false", "false,true", "true,true"})
    void matmulOfBatches(boolean transA, boolean transB) {
        for (int repeat = 0; repeat < 12; repeat++) {
            int batches = fuzz.between(0, 4);
            matmul(batches, fuzz.size(0, 33), fuzz.size(0, 33), fuzz.size(0, 33), transA, transB, false, false, 1);
            matmul(batches, fuzz.size(0, 33), fuzz.size(0, 33), fuzz.size(0, 33), transA, transB, true, false, 0.7f);
        }
        matmul(3, 300, 200, 90, transA, transB, false, false, 1);
    }

    @ParameterizedTest
    @CsvSource({"false", "true"})
    void matmulSumsBatchesIntoOneMatrix(boolean transB) {
        for (int repeat = 0; repeat < 12; repeat++) {
            int batches = fuzz.between(0, 4);
            matmul(batches, fuzz.size(1, 33), fuzz.size(1, 33), fuzz.size(0, 33), true, transB, false, true, 1);
            matmul(batches, fuzz.size(1, 33), fuzz.size(1, 33), fuzz.size(0, 33), true, transB, true, true, 1);
        }
    }

    @ParameterizedTest
    @EnumSource
    void linearWithEveryActivation(Activation activation) {
        for (int repeat = 0; repeat < 12; repeat++) {
            int rows = fuzz.size();
            int in = fuzz.size();
            int out = fuzz.size();
            linear(
                    fuzz.flip() ? new int[] {rows, in} : new int[] {2, rows, in},
                    out,
                    activation,
                    fuzz.flip(),
                    fuzz.flip());
        }
        linear(new int[] {3, 150, 300}, 520, activation, true, true);
        linear(new int[] {in()}, 9, activation, true, false);
    }

    private int in() {
        return fuzz.size(1, 33);
    }

    private void linear(int[] x, int out, Activation activation, boolean withBias, boolean withPre) {
        int in = x[x.length - 1];
        int rows = 1;
        for (int i = 0; i < x.length - 1; i++) {
            rows *= x[i];
        }
        int[] y = x.clone();
        y[y.length - 1] = out;
        double[] xs = fuzz.normals(rows * in);
        double[] w = fuzz.uniforms(out * in, -1, 1);
        double[] bias = fuzz.normals(out);
        double[] exact = ReferenceOps.EXACT.matmul(xs, false, w, true, rows, out, in, 1);
        double[] naive = ReferenceOps.NAIVE.matmul(xs, false, w, true, rows, out, in, 1);
        double[] exactY = new double[exact.length];
        double[] naiveY = new double[exact.length];
        for (int i = 0; i < exact.length; i++) {
            if (withBias) {
                exact[i] += bias[i % out];
                naive[i] = (float) (naive[i] + bias[i % out]);
            }
            exactY[i] = activation == Activation.NONE ? exact[i] : ReferenceOps.unary(activation.op(), exact[i]);
            naiveY[i] =
                    activation == Activation.NONE ? naive[i] : (float) ReferenceOps.unary(activation.op(), naive[i]);
        }
        View pre = withPre ? output(y) : null;
        View result = output(y);
        backend.linear(input(xs, x), input(w, out, in), withBias ? input(bias, out) : null, activation, pre, result);
        String what = "linear " + rows + "x" + in + " to " + out + " " + activation + " " + fuzz;
        ErrorBound.check(what, exactY, naiveY, read(result), 2, 2, 4 + 4 * Math.sqrt(in));
        if (withPre) {
            ErrorBound.check(what + ", before the activation", exact, naive, read(pre), 2, 2, 4 + 4 * Math.sqrt(in));
        }
    }

    @ParameterizedTest
    @CsvSource({"1", "3"})
    void packedWeightsGiveTheSameLayers(int parts) {
        for (int[] size : new int[][] {
            {1, 1, 1}, {5, 16, 17}, {7, 33, 24}, {140, 48, 330}, {3, 15, 700}, {300, 256, 64}, {4, 0, 3}, {0, 8, 8}
        }) {
            int rows = size[0];
            int out = size[1];
            int in = size[2];
            View x = input(fuzz.normals(rows * in), rows, in);
            View w = input(fuzz.uniforms(parts * out * in, -1, 1), parts * out, in);
            View bias = input(fuzz.normals(out), out);
            Storage packed = backend.packWeights(w, parts);
            assertArrayEquals(read(w), read(new View(packed, 0, w.shape())), "read back");
            for (int part = 0; part < parts; part++) {
                View plain = output(rows, out);
                View result = output(rows, out);
                View pre = output(rows, out);
                Shape shape = Shape.of(out, in);
                backend.linear(
                        x,
                        new View(w.storage(), w.offset() + part * out * in, shape),
                        bias,
                        Activation.GELU,
                        null,
                        plain);
                backend.linear(x, new View(packed, part * out * in, shape), bias, Activation.GELU, pre, result);
                assertArrayEquals(
                        read(plain),
                        read(result),
                        "part " + part + " of " + parts + ", " + rows + " rows, " + in + " to " + out);
            }
            packed.release();
        }
    }

    @Test
    void aRepeatedProductIsBitIdentical() {
        int m = 500;
        int n = 300;
        int k = 260;
        View a = input(fuzz.normals(m * k), m, k);
        View b = input(fuzz.normals(n * k), n, k);
        View first = output(m, n);
        View second = output(m, n);
        backend.matmul(a, false, b, true, 1, first, false);
        backend.matmul(a, false, b, true, 1, second, false);
        assertArrayEquals(read(first), read(second));
    }
}
