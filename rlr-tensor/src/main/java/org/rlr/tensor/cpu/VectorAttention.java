package org.rlr.tensor.cpu;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorSpecies;

/** Attention's inner loops on the Vector API: a strip by two vectors in registers. */
final class VectorAttention implements AttentionKernels {
    private static final VectorSpecies<Float> FLOATS = VectorMath.FLOATS;
    private static final VectorSpecies<Integer> INTS = VectorMath.INTS;
    private static final int V = FLOATS.length();
    private static final int LANES = 2 * V;

    @Override
    public int lanes() {
        return LANES;
    }

    @Override
    public void stripTransposed(int rows, int inner, float[] a, int aOffset, int lda, float[] b, int bOffset, int ldb, int bPanel,
            int panels, float[] c, int cOffset, int ldc, boolean accumulate) {
        for (int panel = 0; panel < panels; panel++) {
            panelTransposed(rows, inner, a, aOffset, lda, b, bOffset + panel * bPanel, ldb, c, cOffset + panel * LANES, ldc, accumulate);
        }
    }

    private static void panelTransposed(int rows, int inner, float[] a, int aOffset, int lda, float[] b, int bOffset, int ldb,
            float[] c, int cOffset, int ldc, boolean accumulate) {
        FloatVector zero = FloatVector.zero(FLOATS);
        FloatVector c00 = zero;
        FloatVector c01 = zero;
        FloatVector c10 = zero;
        FloatVector c11 = zero;
        FloatVector c20 = zero;
        FloatVector c21 = zero;
        FloatVector c30 = zero;
        FloatVector c31 = zero;
        FloatVector c40 = zero;
        FloatVector c41 = zero;
        FloatVector c50 = zero;
        FloatVector c51 = zero;
        int ai = aOffset;
        int bi = bOffset;
        for (int k = 0; k < inner; k++) {
            FloatVector b0 = FloatVector.fromArray(FLOATS, b, bi);
            FloatVector b1 = FloatVector.fromArray(FLOATS, b, bi + V);
            FloatVector x = FloatVector.broadcast(FLOATS, a[ai]);
            c00 = x.fma(b0, c00);
            c01 = x.fma(b1, c01);
            x = FloatVector.broadcast(FLOATS, a[ai + 1]);
            c10 = x.fma(b0, c10);
            c11 = x.fma(b1, c11);
            x = FloatVector.broadcast(FLOATS, a[ai + 2]);
            c20 = x.fma(b0, c20);
            c21 = x.fma(b1, c21);
            x = FloatVector.broadcast(FLOATS, a[ai + 3]);
            c30 = x.fma(b0, c30);
            c31 = x.fma(b1, c31);
            x = FloatVector.broadcast(FLOATS, a[ai + 4]);
            c40 = x.fma(b0, c40);
            c41 = x.fma(b1, c41);
            x = FloatVector.broadcast(FLOATS, a[ai + 5]);
            c50 = x.fma(b0, c50);
            c51 = x.fma(b1, c51);
            ai += lda;
            bi += ldb;
        }
        store(c00, c01, c, cOffset, accumulate);
        if (rows > 1) {
            store(c10, c11, c, cOffset + ldc, accumulate);
        }
        if (rows > 2) {
            store(c20, c21, c, cOffset + 2 * ldc, accumulate);
        }
        if (rows > 3) {
            store(c30, c31, c, cOffset + 3 * ldc, accumulate);
        }
        if (rows > 4) {
            store(c40, c41, c, cOffset + 4 * ldc, accumulate);
        }
        if (rows > 5) {
            store(c50, c51, c, cOffset + 5 * ldc, accumulate);
        }
    }

    private static void store(FloatVector left, FloatVector right, float[] c, int i, boolean accumulate) {
        if (accumulate) {
            left.add(FloatVector.fromArray(FLOATS, c, i)).intoArray(c, i);
            right.add(FloatVector.fromArray(FLOATS, c, i + V)).intoArray(c, i + V);
        } else {
            left.intoArray(c, i);
            right.intoArray(c, i + V);
        }
    }

    @Override
    public void strip(int inner, float[] a, int aOffset, float[] b, int bOffset, int ldb, int bPanel,
            int panels, float[] c, int cOffset, int ldc) {
        for (int panel = 0; panel < panels; panel++) {
            panel(inner, a, aOffset, b, bOffset + panel * bPanel, ldb, c, cOffset + panel * LANES, ldc);
        }
    }

    private static void panel(int inner, float[] a, int aOffset, float[] b, int bOffset, int ldb, float[] c, int cOffset, int ldc) {
        FloatVector c00 = FloatVector.fromArray(FLOATS, c, cOffset);
        FloatVector c01 = FloatVector.fromArray(FLOATS, c, cOffset + V);
        FloatVector c10 = FloatVector.fromArray(FLOATS, c, cOffset + ldc);
        FloatVector c11 = FloatVector.fromArray(FLOATS, c, cOffset + ldc + V);
        FloatVector c20 = FloatVector.fromArray(FLOATS, c, cOffset + 2 * ldc);
        FloatVector c21 = FloatVector.fromArray(FLOATS, c, cOffset + 2 * ldc + V);
        FloatVector c30 = FloatVector.fromArray(FLOATS, c, cOffset + 3 * ldc);
        FloatVector c31 = FloatVector.fromArray(FLOATS, c, cOffset + 3 * ldc + V);
        FloatVector c40 = FloatVector.fromArray(FLOATS, c, cOffset + 4 * ldc);
        FloatVector c41 = FloatVector.fromArray(FLOATS, c, cOffset + 4 * ldc + V);
        FloatVector c50 = FloatVector.fromArray(FLOATS, c, cOffset + 5 * ldc);
        FloatVector c51 = FloatVector.fromArray(FLOATS, c, cOffset + 5 * ldc + V);
        int bi = bOffset;
        int end = aOffset + inner;
        for (int ai = aOffset; ai < end; ai++) {
            FloatVector b0 = FloatVector.fromArray(FLOATS, b, bi);
            FloatVector b1 = FloatVector.fromArray(FLOATS, b, bi + V);
            FloatVector x = FloatVector.broadcast(FLOATS, a[ai]);
            c00 = x.fma(b0, c00);
            c01 = x.fma(b1, c01);
            x = FloatVector.broadcast(FLOATS, a[ai + TILE]);
            c10 = x.fma(b0, c10);
            c11 = x.fma(b1, c11);
            x = FloatVector.broadcast(FLOATS, a[ai + 2 * TILE]);
            c20 = x.fma(b0, c20);
            c21 = x.fma(b1, c21);
            x = FloatVector.broadcast(FLOATS, a[ai + 3 * TILE]);
            c30 = x.fma(b0, c30);
            c31 = x.fma(b1, c31);
            x = FloatVector.broadcast(FLOATS, a[ai + 4 * TILE]);
            c40 = x.fma(b0, c40);
            c41 = x.fma(b1, c41);
            x = FloatVector.broadcast(FLOATS, a[ai + 5 * TILE]);
            c50 = x.fma(b0, c50);
            c51 = x.fma(b1, c51);
            bi += ldb;
        }
        c00.intoArray(c, cOffset);
        c01.intoArray(c, cOffset + V);
        c10.intoArray(c, cOffset + ldc);
        c11.intoArray(c, cOffset + ldc + V);
        c20.intoArray(c, cOffset + 2 * ldc);
        c21.intoArray(c, cOffset + 2 * ldc + V);
        c30.intoArray(c, cOffset + 3 * ldc);
        c31.intoArray(c, cOffset + 3 * ldc + V);
        c40.intoArray(c, cOffset + 4 * ldc);
        c41.intoArray(c, cOffset + 4 * ldc + V);
        c50.intoArray(c, cOffset + 5 * ldc);
        c51.intoArray(c, cOffset + 5 * ldc + V);
    }

    @Override
    public void exponentials(float[] tile, int offset, int rows, int width, int[] allowed, int period, float[] sums, int sumsOffset) {
        for (int row = 0; row < rows; row++) {
            int from = offset + row * TILE;
            if (allowed == null) {
                exponentialsRow(tile, from, width, sums, sumsOffset + row * LANES);
            } else {
                for (int column = 0; column < width; column += period) {
                    exponentialsAllowed(tile, from + column, period, allowed, row * period, sums, sumsOffset + row * LANES);
                }
            }
        }
    }

    private static void exponentialsRow(float[] tile, int from, int width, float[] sums, int s) {
        FloatVector left = FloatVector.fromArray(FLOATS, sums, s);
        FloatVector right = FloatVector.fromArray(FLOATS, sums, s + V);
        for (int i = from; i < from + width; i += LANES) {
            FloatVector x = VectorMath.exp(FloatVector.fromArray(FLOATS, tile, i));
            FloatVector y = VectorMath.exp(FloatVector.fromArray(FLOATS, tile, i + V));
            x.intoArray(tile, i);
            y.intoArray(tile, i + V);
            left = left.add(x);
            right = right.add(y);
        }
        left.intoArray(sums, s);
        right.intoArray(sums, s + V);
    }

    private static void exponentialsAllowed(float[] tile, int from, int width, int[] allowed, int a, float[] sums, int s) {
        FloatVector left = FloatVector.fromArray(FLOATS, sums, s);
        FloatVector right = FloatVector.fromArray(FLOATS, sums, s + V);
        for (int j = 0; j < width; j += LANES) {
            FloatVector x = VectorMath.exp(FloatVector.fromArray(FLOATS, tile, from + j));
            FloatVector y = VectorMath.exp(FloatVector.fromArray(FLOATS, tile, from + j + V));
            x = and(x, allowed, a + j);
            y = and(y, allowed, a + j + V);
            x.intoArray(tile, from + j);
            y.intoArray(tile, from + j + V);
            left = left.add(x);
            right = right.add(y);
        }
        left.intoArray(sums, s);
        right.intoArray(sums, s + V);
    }

    private static FloatVector and(FloatVector x, int[] allowed, int i) {
        return x.reinterpretAsInts().and(IntVector.fromArray(INTS, allowed, i)).reinterpretAsFloats();
    }

    @Override
    public void shift(float[] tile, int offset, int rows, int width, float[] shift, int shiftOffset) {
        for (int row = 0; row < rows; row++) {
            FloatVector by = FloatVector.broadcast(FLOATS, shift[shiftOffset + row]);
            int from = offset + row * TILE;
            for (int i = from; i < from + width; i += V) {
                VectorMath.atLeast(FloatVector.fromArray(FLOATS, tile, i).sub(by), NOTHING).intoArray(tile, i);
            }
        }
    }

    @Override
    public void gradients(float[] p, float[] dp, int offset, int rows, int width, int[] allowed, int period,
            float[] shift, float[] delta, int rowOffset) {
        for (int row = 0; row < rows; row++) {
            int from = offset + row * TILE;
            float rowShift = shift[rowOffset + row];
            float rowDelta = delta[rowOffset + row];
            if (allowed == null) {
                gradientsRow(p, dp, from, width, rowShift, rowDelta);
            } else {
                for (int column = 0; column < width; column += period) {
                    gradientsAllowed(p, dp, from + column, period, allowed, row * period, rowShift, rowDelta);
                }
            }
        }
    }

    private static void gradientsRow(float[] p, float[] dp, int from, int width, float shift, float delta) {
        FloatVector by = FloatVector.broadcast(FLOATS, shift);
        FloatVector mean = FloatVector.broadcast(FLOATS, delta);
        for (int i = from; i < from + width; i += V) {
            FloatVector x = VectorMath.exp(VectorMath.atLeast(FloatVector.fromArray(FLOATS, p, i).sub(by), NOTHING));
            x.intoArray(p, i);
            x.mul(FloatVector.fromArray(FLOATS, dp, i).sub(mean)).intoArray(dp, i);
        }
    }

    private static void gradientsAllowed(float[] p, float[] dp, int from, int width, int[] allowed, int a, float shift, float delta) {
        FloatVector by = FloatVector.broadcast(FLOATS, shift);
        FloatVector mean = FloatVector.broadcast(FLOATS, delta);
        for (int j = 0; j < width; j += V) {
            int i = from + j;
            FloatVector x = VectorMath.exp(VectorMath.atLeast(FloatVector.fromArray(FLOATS, p, i).sub(by), NOTHING));
            x = and(x, allowed, a + j);
            x.intoArray(p, i);
            FloatVector g = x.mul(FloatVector.fromArray(FLOATS, dp, i).sub(mean));
            and(g, allowed, a + j).intoArray(dp, i);
        }
    }
}
