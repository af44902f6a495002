package org.rlr.tensor.cpu;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * Depthwise convolution with lanes over the channels. Four neighbouring outputs of two vectors of channels are summed at once in
 * registers, so that a filter value loaded serves four products; where the channels do not fill the last vector, it is laid over
 * the last channels and writes some of them a second time.
 */
final class VectorConvolution implements ConvolutionKernels {
    private static final VectorSpecies<Float> SPECIES = FloatVector.SPECIES_PREFERRED;
    private static final int LANES = SPECIES.length();
    /** Channels handled before the next outputs: their filter values stay in the first-level cache. */
    private static final int BLOCK = Math.max(64, 2 * LANES);
    private static final int OUTPUTS = 4;

    private final ScalarConvolution narrow = new ScalarConvolution();

    @Override
    public void depthwiseRow(ConvShape s, float[] x, int xImage, int outY, float[] taps, float low, float high, float[] y, int yRow) {
        int channels = s.channels();
        if (channels < LANES) {
            narrow.depthwiseRow(s, x, xImage, outY, taps, low, high, y, yRow);
            return;
        }
        int k = s.kernel();
        int firstRow = s.firstKernelRow(outY);
        int rows = Math.max(0, s.endKernelRow(outY) - firstRow);
        int step = s.stride() * channels;
        int xRow = xImage + (outY * s.stride() - s.top() + firstRow) * s.width() * channels - s.left() * channels;
        int firstInner = s.firstInnerColumn();
        int endInner = s.endInnerColumn();
        for (int from = 0; from < channels; from += BLOCK) {
            int to = Math.min(channels, from + BLOCK);
            for (int ox = 0; ox < s.outWidth(); ) {
                int in = xRow + ox * step;
                int out = yRow + ox * channels;
                if (ox >= firstInner && ox + OUTPUTS <= endInner) {
                    four(x, in, s.width() * channels, step, taps, firstRow * k * channels, rows, k, k * k * channels,
                            channels, from, to, low, high, y, out);
                    ox += OUTPUTS;
                } else {
                    int firstColumn = s.firstKernelColumn(ox);
                    int columns = Math.max(0, s.endKernelColumn(ox) - firstColumn);
                    one(x, in + firstColumn * channels, s.width() * channels, taps, (firstRow * k + firstColumn) * channels, rows, columns, k,
                            k * k * channels, channels, from, to, low, high, y, out);
                    ox++;
                }
            }
        }
    }

    /** Four outputs, {@code xStep} apart in x, whose kernels lie inside the row. */
    private static void four(float[] x, int xOffset, int xRow, int xStep, float[] taps, int firstTap, int rows, int columns, int bias,
            int channels, int from, int to, float low, float high, float[] y, int yOffset) {
        for (int begin = from; begin < to; begin += 2 * LANES) {
            int c = Math.min(begin, channels - LANES);
            // where only one vector is left, the second is the first once more
            int d = Math.min(c + LANES, channels - LANES);
            FloatVector a0 = FloatVector.fromArray(SPECIES, taps, bias + c);
            FloatVector b0 = FloatVector.fromArray(SPECIES, taps, bias + d);
            FloatVector a1 = a0;
            FloatVector a2 = a0;
            FloatVector a3 = a0;
            FloatVector b1 = b0;
            FloatVector b2 = b0;
            FloatVector b3 = b0;
            int gap = d - c;
            for (int ky = 0; ky < rows; ky++) {
                int p = xOffset + ky * xRow + c;
                int t = firstTap + ky * columns * channels + c;
                for (int kx = 0; kx < columns; kx++) {
                    FloatVector w = FloatVector.fromArray(SPECIES, taps, t);
                    FloatVector v = FloatVector.fromArray(SPECIES, taps, t + gap);
                    a0 = FloatVector.fromArray(SPECIES, x, p).fma(w, a0);
                    b0 = FloatVector.fromArray(SPECIES, x, p + gap).fma(v, b0);
                    a1 = FloatVector.fromArray(SPECIES, x, p + xStep).fma(w, a1);
                    b1 = FloatVector.fromArray(SPECIES, x, p + xStep + gap).fma(v, b1);
                    a2 = FloatVector.fromArray(SPECIES, x, p + 2 * xStep).fma(w, a2);
                    b2 = FloatVector.fromArray(SPECIES, x, p + 2 * xStep + gap).fma(v, b2);
                    a3 = FloatVector.fromArray(SPECIES, x, p + 3 * xStep).fma(w, a3);
                    b3 = FloatVector.fromArray(SPECIES, x, p + 3 * xStep + gap).fma(v, b3);
                    p += channels;
                    t += channels;
                }
            }
            clamp(a0, low, high).intoArray(y, yOffset + c);
            clamp(b0, low, high).intoArray(y, yOffset + d);
            clamp(a1, low, high).intoArray(y, yOffset + channels + c);
            clamp(b1, low, high).intoArray(y, yOffset + channels + d);
            clamp(a2, low, high).intoArray(y, yOffset + 2 * channels + c);
            clamp(b2, low, high).intoArray(y, yOffset + 2 * channels + d);
            clamp(a3, low, high).intoArray(y, yOffset + 3 * channels + c);
            clamp(b3, low, high).intoArray(y, yOffset + 3 * channels + d);
        }
    }

    /** One output and the part of its kernel that lies inside the image. */
    private static void one(float[] x, int xOffset, int xRow, float[] taps, int firstTap, int rows, int columns, int kernel, int bias,
            int channels, int from, int to, float low, float high, float[] y, int yOffset) {
        for (int begin = from; begin < to; begin += 2 * LANES) {
            int c = Math.min(begin, channels - LANES);
            int d = Math.min(c + LANES, channels - LANES);
            FloatVector a = FloatVector.fromArray(SPECIES, taps, bias + c);
            FloatVector b = FloatVector.fromArray(SPECIES, taps, bias + d);
            for (int ky = 0; ky < rows; ky++) {
                int p = xOffset + ky * xRow;
                int t = firstTap + ky * kernel * channels;
                for (int kx = 0; kx < columns; kx++) {
                    a = FloatVector.fromArray(SPECIES, x, p + c).fma(FloatVector.fromArray(SPECIES, taps, t + c), a);
                    b = FloatVector.fromArray(SPECIES, x, p + d).fma(FloatVector.fromArray(SPECIES, taps, t + d), b);
                    p += channels;
                    t += channels;
                }
            }
            clamp(a, low, high).intoArray(y, yOffset + c);
            clamp(b, low, high).intoArray(y, yOffset + d);
        }
    }

    /** As {@link Math#max} and min, NaN staying NaN, in two instructions each. */
    private static FloatVector clamp(FloatVector v, float low, float high) {
        v = v.blend(low, v.compare(VectorOperators.LT, low));
        return v.blend(high, v.compare(VectorOperators.GT, high));
    }

    @Override
    public void maximum(float[] x, int xOffset, float[] y, int yOffset, int n) {
        int bound = SPECIES.loopBound(n);
        for (int i = 0; i < bound; i += LANES) {
            FloatVector.fromArray(SPECIES, y, yOffset + i).max(FloatVector.fromArray(SPECIES, x, xOffset + i)).intoArray(y, yOffset + i);
        }
        narrow.maximum(x, xOffset + bound, y, yOffset + bound, n - bound);
    }
}
