package org.rlr.tensor.cpu;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * Depthwise convolution with lanes over the channels. For kernels of 3 and 5 columns a loop runs along the row with the
 * filter values of one vector of channels in registers; border outputs and other kernels are computed one output at a
 * time. If the channels do not fill the last vector, it overlaps the previous one and computes some channels twice.
 */
final class VectorConvolution implements ConvolutionKernels {
    private static final VectorSpecies<Float> SPECIES = VectorMath.FLOATS;
    private static final int LANES = SPECIES.length();

    private final ScalarConvolution narrow = new ScalarConvolution();

    @Override
    public void depthwiseRow(
            ConvShape s, float[] x, int xImage, int outY, float[] taps, float low, float high, float[] y, int yRow) {
        int channels = s.channels();
        if (channels < LANES) {
            narrow.depthwiseRow(s, x, xImage, outY, taps, low, high, y, yRow);
            return;
        }
        int k = s.kernel();
        int firstRow = s.firstKernelRow(outY);
        int rows = Math.max(0, s.endKernelRow(outY) - firstRow);
        int step = s.stride() * channels;
        int line = s.width() * channels;
        int xRow = xImage + (outY * s.stride() - s.top() + firstRow) * line - s.left() * channels;
        // kernels whose rows are unrolled below; rows > 0, because the first row starts from the bias
        boolean unrolled = (k == 3 || k == 5) && rows > 0;
        int firstInner = unrolled ? s.firstInnerColumn() : s.outWidth();
        int inner = unrolled ? s.endInnerColumn() - firstInner : 0;
        int bias = k * k * channels;
        for (int begin = 0; begin < channels; begin += LANES) {
            int c = Math.min(begin, channels - LANES);
            int in = xRow + firstInner * step + c;
            int out = yRow + firstInner * channels + c;
            int tap = firstRow * k * channels + c;
            if (k == 3 && rows == 3) {
                nine(x, in, line, step, taps, tap, channels, y, out, inner);
            } else {
                for (int ky = 0; ky < rows && inner > 0; ky++) {
                    float[] from = ky == 0 ? taps : y;
                    int fromOffset = ky == 0 ? bias + c : out;
                    int fromStep = ky == 0 ? 0 : channels;
                    if (k == 3) {
                        three(
                                x,
                                in + ky * line,
                                step,
                                taps,
                                tap + ky * k * channels,
                                channels,
                                from,
                                fromOffset,
                                fromStep,
                                y,
                                out,
                                inner);
                    } else {
                        five(
                                x,
                                in + ky * line,
                                step,
                                taps,
                                tap + ky * k * channels,
                                channels,
                                from,
                                fromOffset,
                                fromStep,
                                y,
                                out,
                                inner);
                    }
                }
            }
        }
        for (int ox = 0; ox < s.outWidth(); ox++) {
            if (ox == firstInner) {
                ox += inner;
                if (ox >= s.outWidth()) {
                    break;
                }
            }
            int firstColumn = s.firstKernelColumn(ox);
            int columns = Math.max(0, s.endKernelColumn(ox) - firstColumn);
            one(
                    x,
                    xRow + ox * step + firstColumn * channels,
                    line,
                    taps,
                    (firstRow * k + firstColumn) * channels,
                    rows,
                    columns,
                    k,
                    bias,
                    channels,
                    y,
                    yRow + ox * channels);
        }
        if (low > Float.NEGATIVE_INFINITY || high < Float.POSITIVE_INFINITY) {
            clamp(y, yRow, s.outWidth() * channels, low, high);
        }
    }

    /** Computes one vector of channels of {@code outputs} neighbouring outputs, for a 3×3 kernel inside the image. */
    private static void nine(
            float[] x,
            int xOffset,
            int xRow,
            int xStep,
            float[] taps,
            int tap,
            int channels,
            float[] y,
            int yOffset,
            int outputs) {
        FloatVector w0 = FloatVector.fromArray(SPECIES, taps, tap);
        FloatVector w1 = FloatVector.fromArray(SPECIES, taps, tap + channels);
        FloatVector w2 = FloatVector.fromArray(SPECIES, taps, tap + 2 * channels);
        FloatVector w3 = FloatVector.fromArray(SPECIES, taps, tap + 3 * channels);
        FloatVector w4 = FloatVector.fromArray(SPECIES, taps, tap + 4 * channels);
        FloatVector w5 = FloatVector.fromArray(SPECIES, taps, tap + 5 * channels);
        FloatVector w6 = FloatVector.fromArray(SPECIES, taps, tap + 6 * channels);
        FloatVector w7 = FloatVector.fromArray(SPECIES, taps, tap + 7 * channels);
        FloatVector w8 = FloatVector.fromArray(SPECIES, taps, tap + 8 * channels);
        FloatVector bias = FloatVector.fromArray(SPECIES, taps, tap + 9 * channels);
        for (int i = 0; i < outputs; i++) {
            int p = xOffset + i * xStep;
            int q = p + xRow;
            int r = q + xRow;
            FloatVector a = FloatVector.fromArray(SPECIES, x, p).fma(w0, bias);
            a = FloatVector.fromArray(SPECIES, x, p + channels).fma(w1, a);
            a = FloatVector.fromArray(SPECIES, x, p + 2 * channels).fma(w2, a);
            a = FloatVector.fromArray(SPECIES, x, q).fma(w3, a);
            a = FloatVector.fromArray(SPECIES, x, q + channels).fma(w4, a);
            a = FloatVector.fromArray(SPECIES, x, q + 2 * channels).fma(w5, a);
            a = FloatVector.fromArray(SPECIES, x, r).fma(w6, a);
            a = FloatVector.fromArray(SPECIES, x, r + channels).fma(w7, a);
            a = FloatVector.fromArray(SPECIES, x, r + 2 * channels).fma(w8, a);
            a.intoArray(y, yOffset + i * channels);
        }
    }

    /**
     * Adds one row of a kernel of three columns to {@code from} (the bias or the sum of the rows above) and stores the
     * sum in y.
     */
    private static void three(
            float[] x,
            int xOffset,
            int xStep,
            float[] taps,
            int tap,
            int channels,
            float[] from,
            int fromOffset,
            int fromStep,
            float[] y,
            int yOffset,
            int outputs) {
        FloatVector w0 = FloatVector.fromArray(SPECIES, taps, tap);
        FloatVector w1 = FloatVector.fromArray(SPECIES, taps, tap + channels);
        FloatVector w2 = FloatVector.fromArray(SPECIES, taps, tap + 2 * channels);
        for (int i = 0; i < outputs; i++) {
            int p = xOffset + i * xStep;
            FloatVector a = FloatVector.fromArray(SPECIES, x, p)
                    .fma(w0, FloatVector.fromArray(SPECIES, from, fromOffset + i * fromStep));
            a = FloatVector.fromArray(SPECIES, x, p + channels).fma(w1, a);
            a = FloatVector.fromArray(SPECIES, x, p + 2 * channels).fma(w2, a);
            a.intoArray(y, yOffset + i * channels);
        }
    }

    /** As {@link #three} for five columns. */
    private static void five(
            float[] x,
            int xOffset,
            int xStep,
            float[] taps,
            int tap,
            int channels,
            float[] from,
            int fromOffset,
            int fromStep,
            float[] y,
            int yOffset,
            int outputs) {
        FloatVector w0 = FloatVector.fromArray(SPECIES, taps, tap);
        FloatVector w1 = FloatVector.fromArray(SPECIES, taps, tap + channels);
        FloatVector w2 = FloatVector.fromArray(SPECIES, taps, tap + 2 * channels);
        FloatVector w3 = FloatVector.fromArray(SPECIES, taps, tap + 3 * channels);
        FloatVector w4 = FloatVector.fromArray(SPECIES, taps, tap + 4 * channels);
        for (int i = 0; i < outputs; i++) {
            int p = xOffset + i * xStep;
            FloatVector a = FloatVector.fromArray(SPECIES, x, p)
                    .fma(w0, FloatVector.fromArray(SPECIES, from, fromOffset + i * fromStep));
            a = FloatVector.fromArray(SPECIES, x, p + channels).fma(w1, a);
            a = FloatVector.fromArray(SPECIES, x, p + 2 * channels).fma(w2, a);
            a = FloatVector.fromArray(SPECIES, x, p + 3 * channels).fma(w3, a);
            a = FloatVector.fromArray(SPECIES, x, p + 4 * channels).fma(w4, a);
            a.intoArray(y, yOffset + i * channels);
        }
    }

    /**
     * Computes all channels of one output, over the part of its kernel inside the image. Rows and columns share one
     * loop: Java 17 boxes sums that two nested loops carry.
     */
    private static void one(
            float[] x,
            int xOffset,
            int xRow,
            float[] taps,
            int firstTap,
            int rows,
            int columns,
            int kernel,
            int bias,
            int channels,
            float[] y,
            int yOffset) {
        for (int begin = 0; begin < channels; begin += 2 * LANES) {
            int c = Math.min(begin, channels - LANES);
            int d = Math.min(c + LANES, channels - LANES);
            FloatVector a = FloatVector.fromArray(SPECIES, taps, bias + c);
            FloatVector b = FloatVector.fromArray(SPECIES, taps, bias + d);
            int p = xOffset;
            int t = firstTap;
            int kx = 0;
            for (int i = 0; i < rows * columns; i++) {
                a = FloatVector.fromArray(SPECIES, x, p + c).fma(FloatVector.fromArray(SPECIES, taps, t + c), a);
                b = FloatVector.fromArray(SPECIES, x, p + d).fma(FloatVector.fromArray(SPECIES, taps, t + d), b);
                p += channels;
                t += channels;
                if (++kx == columns) {
                    kx = 0;
                    p += xRow - columns * channels;
                    t += (kernel - columns) * channels;
                }
            }
            a.intoArray(y, yOffset + c);
            b.intoArray(y, yOffset + d);
        }
    }

    /**
     * Like {@link Math#max} and min, keeping NaN, in two instructions each. A separate pass: inside the loops above it
     * would exceed the compiler's inlining limits, and every sum would be boxed.
     */
    private static void clamp(float[] y, int offset, int n, float low, float high) {
        int bound = SPECIES.loopBound(n);
        for (int i = 0; i < bound; i += LANES) {
            FloatVector v = FloatVector.fromArray(SPECIES, y, offset + i);
            v = v.blend(low, v.compare(VectorOperators.LT, low));
            v.blend(high, v.compare(VectorOperators.GT, high)).intoArray(y, offset + i);
        }
        for (int i = bound; i < n; i++) {
            y[offset + i] = Math.min(Math.max(y[offset + i], low), high);
        }
    }

    @Override
    public void maximum(float[] x, int xOffset, float[] y, int yOffset, int n) {
        int bound = SPECIES.loopBound(n);
        for (int i = 0; i < bound; i += LANES) {
            FloatVector.fromArray(SPECIES, y, yOffset + i)
                    .max(FloatVector.fromArray(SPECIES, x, xOffset + i))
                    .intoArray(y, yOffset + i);
        }
        narrow.maximum(x, xOffset + bound, y, yOffset + bound, n - bound);
    }
}
