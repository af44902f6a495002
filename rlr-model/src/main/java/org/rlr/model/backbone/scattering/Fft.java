package org.rlr.model.backbone.scattering;

import java.util.Arrays;

/**
 * A plan for discrete Fourier transforms of one length along the first axis of a {@code [length][columns]} matrix, all
 * columns at once: {@code X[k] = sum_n x[n] exp(-2 pi i k n / length)}, not normalised. The inverse (not normalised
 * either) is the same transform with real and imaginary parts exchanged.
 *
 * <p>Stockham's self-sorting algorithm with radices 5, 3, 4 and 2. Butterflies process whole rows in loops with one
 * output and few operations each, because the compiler vectorises only such loops: it cannot prove that several outputs
 * do not overlap, and it skips long bodies. Immutable and safe for use by several threads.
 */
final class Fft {
    /** Rows of scratch space that {@link #forward} needs for its butterflies. */
    static final int BUTTERFLY_ROWS = 6;

    private final int length;
    private final int[] radices;
    /** {@code exp(-2 pi i k / length)} for {@code k = 0 .. length - 1}. */
    private final float[] rootRe;

    private final float[] rootIm;

    /**
     * Plans transforms of a length.
     *
     * @throws IllegalArgumentException if the length has a prime factor other than 2, 3 and 5
     */
    Fft(int length) {
        this.length = length;
        this.radices = factorise(length);
        this.rootRe = new float[length];
        this.rootIm = new float[length];
        for (int k = 0; k < length; k++) {
            double angle = 2 * Math.PI * k / length;
            rootRe[k] = (float) StrictMath.cos(angle);
            rootIm[k] = (float) -StrictMath.sin(angle);
        }
    }

    /** Whether a length has no prime factor other than 2, 3 and 5. */
    static boolean supports(int length) {
        if (length < 1) {
            return false;
        }
        int rest = length;
        for (int prime : new int[] {2, 3, 5}) {
            while (rest % prime == 0) {
                rest /= prime;
            }
        }
        return rest == 1;
    }

    private static int[] factorise(int length) {
        if (!supports(length)) {
            throw new IllegalArgumentException("transform length " + length + " is not a product of 2, 3 and 5");
        }
        int[] factors = new int[32];
        int count = 0;
        int rest = length;
        for (int radix : new int[] {5, 3, 4, 2}) {
            while (rest % radix == 0) {
                factors[count++] = radix;
                rest /= radix;
            }
        }
        return Arrays.copyOf(factors, count);
    }

    int length() {
        return length;
    }

    /**
     * Transforms the first {@code columns} columns; all arguments are overwritten.
     *
     * @param data the input, at least {@code [length][columns]}
     * @param scratch buffer of the same size
     * @param rows buffer of at least {@code [BUTTERFLY_ROWS][columns]}
     * @return {@code data} or {@code scratch}, whichever holds the result
     */
    Planes forward(Planes data, Planes scratch, Planes rows, int columns) {
        Planes x = data;
        Planes y = scratch;
        int n = length;
        int stride = 1;
        for (int radix : radices) {
            int m = n / radix;
            for (int p = 0; p < m; p++) {
                for (int q = 0; q < stride; q++) {
                    butterfly(
                            radix,
                            x,
                            stride * p + q,
                            stride * m,
                            y,
                            stride * radix * p + q,
                            stride,
                            p * (length / n),
                            rows,
                            columns);
                }
            }
            n = m;
            stride *= radix;
            Planes swap = x;
            x = y;
            y = swap;
        }
        return x;
    }

    /**
     * Transforms rows {@code in + k inStep} of x to rows {@code out + k outStep} of y, {@code 0 <= k < radix},
     * multiplied by root {@code k turn}.
     */
    private void butterfly(
            int radix,
            Planes x,
            int in,
            int inStep,
            Planes y,
            int out,
            int outStep,
            int turn,
            Planes rows,
            int columns) {
        switch (radix) {
            case 2 -> radix2(x, in, inStep, y, out, outStep, turn, rows, columns);
            case 3 -> radix3(x, in, inStep, y, out, outStep, turn, rows, columns);
            case 4 -> radix4(x, in, inStep, y, out, outStep, turn, rows, columns);
            default -> radix5(x, in, inStep, y, out, outStep, turn, rows, columns);
        }
    }

    private void radix2(
            Planes x, int in, int inStep, Planes y, int out, int outStep, int turn, Planes rows, int columns) {
        add(x, in, x, in + inStep, y, out, columns);
        subtract(x, in, x, in + inStep, rows, 0, columns);
        multiply(rows, 0, y, out + outStep, turn, columns);
    }

    private void radix3(
            Planes x, int in, int inStep, Planes y, int out, int outStep, int turn, Planes rows, int columns) {
        float cos = rootRe[length / 3];
        float sin = -rootIm[length / 3];
        add(x, in + inStep, x, in + 2 * inStep, rows, 0, columns);
        subtract(x, in + inStep, x, in + 2 * inStep, rows, 1, columns);
        add(x, in, rows, 0, y, out, columns);
        combine(x, in, 1, rows, 0, cos, rows, 2, columns);
        scale(rows, 1, sin, rows, 3, columns);
        multiplyMinusI(rows, 2, 3, y, out + outStep, turn, columns);
        multiplyPlusI(rows, 2, 3, y, out + 2 * outStep, 2 * turn, columns);
    }

    private void radix4(
            Planes x, int in, int inStep, Planes y, int out, int outStep, int turn, Planes rows, int columns) {
        add(x, in, x, in + 2 * inStep, rows, 0, columns);
        subtract(x, in, x, in + 2 * inStep, rows, 1, columns);
        add(x, in + inStep, x, in + 3 * inStep, rows, 2, columns);
        subtract(x, in + inStep, x, in + 3 * inStep, rows, 3, columns);
        add(rows, 0, rows, 2, y, out, columns);
        multiplyMinusI(rows, 1, 3, y, out + outStep, turn, columns);
        subtract(rows, 0, rows, 2, rows, 4, columns);
        multiply(rows, 4, y, out + 2 * outStep, 2 * turn, columns);
        multiplyPlusI(rows, 1, 3, y, out + 3 * outStep, 3 * turn, columns);
    }

    private void radix5(
            Planes x, int in, int inStep, Planes y, int out, int outStep, int turn, Planes rows, int columns) {
        add(x, in + inStep, x, in + 4 * inStep, rows, 0, columns);
        subtract(x, in + inStep, x, in + 4 * inStep, rows, 1, columns);
        add(x, in + 2 * inStep, x, in + 3 * inStep, rows, 2, columns);
        subtract(x, in + 2 * inStep, x, in + 3 * inStep, rows, 3, columns);
        add(rows, 0, rows, 2, rows, 4, columns);
        add(x, in, rows, 4, y, out, columns);
        for (int k = 1; k <= 2; k++) {
            int once = k * length / 5;
            int twice = 2 * once;
            combine(rows, 0, rootRe[once], rows, 2, rootRe[twice], rows, 4, columns);
            add(x, in, rows, 4, rows, 4, columns);
            combine(rows, 1, -rootIm[once], rows, 3, -rootIm[twice], rows, 5, columns);
            multiplyMinusI(rows, 4, 5, y, out + k * outStep, k * turn, columns);
            multiplyPlusI(rows, 4, 5, y, out + (5 - k) * outStep, (5 - k) * turn, columns);
        }
    }

    /** Row {@code y[out] = a[i] + b[j]}. */
    private static void add(Planes a, int i, Planes b, int j, Planes y, int out, int columns) {
        add(a.re()[i], b.re()[j], y.re()[out], columns);
        add(a.im()[i], b.im()[j], y.im()[out], columns);
    }

    private static void add(float[] a, float[] b, float[] y, int columns) {
        for (int c = 0; c < columns; c++) {
            y[c] = a[c] + b[c];
        }
    }

    /** Row {@code y[out] = a[i] - b[j]}. */
    private static void subtract(Planes a, int i, Planes b, int j, Planes y, int out, int columns) {
        subtract(a.re()[i], b.re()[j], y.re()[out], columns);
        subtract(a.im()[i], b.im()[j], y.im()[out], columns);
    }

    private static void subtract(float[] a, float[] b, float[] y, int columns) {
        for (int c = 0; c < columns; c++) {
            y[c] = a[c] - b[c];
        }
    }

    /** Row {@code y[out] = p a[i] + q b[j]}, p and q real. */
    private static void combine(Planes a, int i, float p, Planes b, int j, float q, Planes y, int out, int columns) {
        combine(a.re()[i], p, b.re()[j], q, y.re()[out], columns);
        combine(a.im()[i], p, b.im()[j], q, y.im()[out], columns);
    }

    private static void combine(float[] a, float p, float[] b, float q, float[] y, int columns) {
        for (int c = 0; c < columns; c++) {
            y[c] = p * a[c] + q * b[c];
        }
    }

    /** Row {@code y[out] = p a[i]}, p real. */
    private static void scale(Planes a, int i, float p, Planes y, int out, int columns) {
        scale(a.re()[i], p, y.re()[out], columns);
        scale(a.im()[i], p, y.im()[out], columns);
    }

    private static void scale(float[] a, float p, float[] y, int columns) {
        for (int c = 0; c < columns; c++) {
            y[c] = p * a[c];
        }
    }

    /**
     * Row {@code y[out] = a[i] w}, w a root. The imaginary part is computed as the real part with {@code (wi, -wr)}
     * instead of {@code (wr, wi)}, also in the methods below.
     */
    private void multiply(Planes a, int i, Planes y, int out, int root, int columns) {
        multiply(a.re()[i], a.im()[i], y.re()[out], rootRe[root], rootIm[root], columns);
        multiply(a.re()[i], a.im()[i], y.im()[out], rootIm[root], -rootRe[root], columns);
    }

    private static void multiply(float[] ar, float[] ai, float[] y, float wr, float wi, int columns) {
        for (int c = 0; c < columns; c++) {
            y[c] = ar[c] * wr - ai[c] * wi;
        }
    }

    /** Row {@code y[out] = (a[i] - sqrt(-1) a[j]) w}. */
    private void multiplyMinusI(Planes a, int i, int j, Planes y, int out, int root, int columns) {
        multiplyMinusI(a.re()[i], a.im()[i], a.re()[j], a.im()[j], y.re()[out], rootRe[root], rootIm[root], columns);
        multiplyMinusI(a.re()[i], a.im()[i], a.re()[j], a.im()[j], y.im()[out], rootIm[root], -rootRe[root], columns);
    }

    private static void multiplyMinusI(
            float[] ar, float[] ai, float[] br, float[] bi, float[] y, float wr, float wi, int columns) {
        for (int c = 0; c < columns; c++) {
            y[c] = (ar[c] + bi[c]) * wr - (ai[c] - br[c]) * wi;
        }
    }

    /** Row {@code y[out] = (a[i] + sqrt(-1) a[j]) w}. */
    private void multiplyPlusI(Planes a, int i, int j, Planes y, int out, int root, int columns) {
        multiplyPlusI(a.re()[i], a.im()[i], a.re()[j], a.im()[j], y.re()[out], rootRe[root], rootIm[root], columns);
        multiplyPlusI(a.re()[i], a.im()[i], a.re()[j], a.im()[j], y.im()[out], rootIm[root], -rootRe[root], columns);
    }

    private static void multiplyPlusI(
            float[] ar, float[] ai, float[] br, float[] bi, float[] y, float wr, float wi, int columns) {
        for (int c = 0; c < columns; c++) {
            y[c] = (ar[c] - bi[c]) * wr - (ai[c] + br[c]) * wi;
        }
    }
}
