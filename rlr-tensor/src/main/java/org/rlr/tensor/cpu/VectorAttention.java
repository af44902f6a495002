package org.rlr.tensor.cpu;

import static org.rlr.tensor.cpu.ExpConstants.LOG2_E;
import static org.rlr.tensor.cpu.ExpConstants.MINUS_LN2;
import static org.rlr.tensor.cpu.ExpConstants.P0;
import static org.rlr.tensor.cpu.ExpConstants.P1;
import static org.rlr.tensor.cpu.ExpConstants.P2;
import static org.rlr.tensor.cpu.ExpConstants.P3;
import static org.rlr.tensor.cpu.ExpConstants.P4;
import static org.rlr.tensor.cpu.ExpConstants.ROUND;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * Attention's inner loops on the Vector API: a strip by two vectors in registers (by one for the last panel). The
 * exponential is inlined by hand, as no method here takes or returns a vector: whether C2 (the JVM's optimising
 * compiler) inlines such a method depends on the size of the whole compilation and on the call counts of the first
 * compiler's code; without inlining, every vector is boxed.
 */
final class VectorAttention implements AttentionKernels {
    private static final VectorSpecies<Float> FLOATS = VectorMath.FLOATS;
    private static final VectorSpecies<Integer> INTS = VectorMath.INTS;
    private static final int V = FLOATS.length();

    @Override
    public int lanes() {
        return V;
    }

    @Override
    public void multiply(
            int inner,
            float[] a,
            int aOffset,
            float[] b,
            int bOffset,
            int ldb,
            int bPanel,
            int panels,
            float[] c,
            int cOffset) {
        int panel = 0;
        for (; panel + 1 < panels; panel += 2) {
            multiplyTwo(inner, a, aOffset, b, bOffset + panel * bPanel, ldb, bPanel, c, cOffset + panel * V);
        }
        if (panel < panels) {
            multiplyOne(inner, a, aOffset, b, bOffset + panel * bPanel, ldb, c, cOffset + panel * V);
        }
    }

    private static void multiplyTwo(
            int inner, float[] a, int aOffset, float[] b, int bOffset, int ldb, int bPanel, float[] c, int cOffset) {
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
        int bi = bOffset;
        int end = aOffset + inner * STRIP;
        for (int ai = aOffset; ai < end; ai += STRIP) {
            FloatVector b0 = FloatVector.fromArray(FLOATS, b, bi);
            FloatVector b1 = FloatVector.fromArray(FLOATS, b, bi + bPanel);
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
            bi += ldb;
        }
        c00.intoArray(c, cOffset);
        c01.intoArray(c, cOffset + V);
        c10.intoArray(c, cOffset + TILE);
        c11.intoArray(c, cOffset + TILE + V);
        c20.intoArray(c, cOffset + 2 * TILE);
        c21.intoArray(c, cOffset + 2 * TILE + V);
        c30.intoArray(c, cOffset + 3 * TILE);
        c31.intoArray(c, cOffset + 3 * TILE + V);
        c40.intoArray(c, cOffset + 4 * TILE);
        c41.intoArray(c, cOffset + 4 * TILE + V);
    }

    private static void multiplyOne(
            int inner, float[] a, int aOffset, float[] b, int bOffset, int ldb, float[] c, int cOffset) {
        FloatVector zero = FloatVector.zero(FLOATS);
        FloatVector c0 = zero;
        FloatVector c1 = zero;
        FloatVector c2 = zero;
        FloatVector c3 = zero;
        FloatVector c4 = zero;
        int bi = bOffset;
        int end = aOffset + inner * STRIP;
        for (int ai = aOffset; ai < end; ai += STRIP) {
            FloatVector b0 = FloatVector.fromArray(FLOATS, b, bi);
            FloatVector x = FloatVector.broadcast(FLOATS, a[ai]);
            c0 = x.fma(b0, c0);
            x = FloatVector.broadcast(FLOATS, a[ai + 1]);
            c1 = x.fma(b0, c1);
            x = FloatVector.broadcast(FLOATS, a[ai + 2]);
            c2 = x.fma(b0, c2);
            x = FloatVector.broadcast(FLOATS, a[ai + 3]);
            c3 = x.fma(b0, c3);
            x = FloatVector.broadcast(FLOATS, a[ai + 4]);
            c4 = x.fma(b0, c4);
            bi += ldb;
        }
        c0.intoArray(c, cOffset);
        c1.intoArray(c, cOffset + TILE);
        c2.intoArray(c, cOffset + 2 * TILE);
        c3.intoArray(c, cOffset + 3 * TILE);
        c4.intoArray(c, cOffset + 4 * TILE);
    }

    @Override
    public void add(
            int inner,
            float[] a,
            int aOffset,
            float[] b,
            int bOffset,
            int ldb,
            int bPanel,
            int panels,
            float[] c,
            int cOffset,
            int ldc) {
        int panel = 0;
        for (; panel + 1 < panels; panel += 2) {
            addTwo(inner, a, aOffset, b, bOffset + panel * bPanel, ldb, bPanel, c, cOffset + panel * V, ldc);
        }
        if (panel < panels) {
            addOne(inner, a, aOffset, b, bOffset + panel * bPanel, ldb, c, cOffset + panel * V, ldc);
        }
    }

    private static void addTwo(
            int inner,
            float[] a,
            int aOffset,
            float[] b,
            int bOffset,
            int ldb,
            int bPanel,
            float[] c,
            int cOffset,
            int ldc) {
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
        int bi = bOffset;
        int end = aOffset + inner;
        for (int ai = aOffset; ai < end; ai++) {
            FloatVector b0 = FloatVector.fromArray(FLOATS, b, bi);
            FloatVector b1 = FloatVector.fromArray(FLOATS, b, bi + bPanel);
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
    }

    private static void addOne(
            int inner, float[] a, int aOffset, float[] b, int bOffset, int ldb, float[] c, int cOffset, int ldc) {
        FloatVector c0 = FloatVector.fromArray(FLOATS, c, cOffset);
        FloatVector c1 = FloatVector.fromArray(FLOATS, c, cOffset + ldc);
        FloatVector c2 = FloatVector.fromArray(FLOATS, c, cOffset + 2 * ldc);
        FloatVector c3 = FloatVector.fromArray(FLOATS, c, cOffset + 3 * ldc);
        FloatVector c4 = FloatVector.fromArray(FLOATS, c, cOffset + 4 * ldc);
        int bi = bOffset;
        int end = aOffset + inner;
        for (int ai = aOffset; ai < end; ai++) {
            FloatVector b0 = FloatVector.fromArray(FLOATS, b, bi);
            FloatVector x = FloatVector.broadcast(FLOATS, a[ai]);
            c0 = x.fma(b0, c0);
            x = FloatVector.broadcast(FLOATS, a[ai + TILE]);
            c1 = x.fma(b0, c1);
            x = FloatVector.broadcast(FLOATS, a[ai + 2 * TILE]);
            c2 = x.fma(b0, c2);
            x = FloatVector.broadcast(FLOATS, a[ai + 3 * TILE]);
            c3 = x.fma(b0, c3);
            x = FloatVector.broadcast(FLOATS, a[ai + 4 * TILE]);
            c4 = x.fma(b0, c4);
            bi += ldb;
        }
        c0.intoArray(c, cOffset);
        c1.intoArray(c, cOffset + ldc);
        c2.intoArray(c, cOffset + 2 * ldc);
        c3.intoArray(c, cOffset + 3 * ldc);
        c4.intoArray(c, cOffset + 4 * ldc);
    }

    @Override
    public void addTransposed(
            int rows,
            int inner,
            float[] a,
            int aOffset,
            float[] b,
            int bOffset,
            int ldb,
            int bPanel,
            int panels,
            float[] c,
            int cOffset,
            int ldc) {
        int panel = 0;
        for (; panel + 1 < panels; panel += 2) {
            addTransposedTwo(
                    rows, inner, a, aOffset, b, bOffset + panel * bPanel, ldb, bPanel, c, cOffset + panel * V, ldc);
        }
        if (panel < panels) {
            addTransposedOne(rows, inner, a, aOffset, b, bOffset + panel * bPanel, ldb, c, cOffset + panel * V, ldc);
        }
    }

    private static void addTransposedTwo(
            int rows,
            int inner,
            float[] a,
            int aOffset,
            float[] b,
            int bOffset,
            int ldb,
            int bPanel,
            float[] c,
            int cOffset,
            int ldc) {
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
        int bi = bOffset;
        int end = aOffset + inner * TILE;
        for (int ai = aOffset; ai < end; ai += TILE) {
            FloatVector b0 = FloatVector.fromArray(FLOATS, b, bi);
            FloatVector b1 = FloatVector.fromArray(FLOATS, b, bi + bPanel);
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
            bi += ldb;
        }
        c00.intoArray(c, cOffset);
        c01.intoArray(c, cOffset + V);
        if (rows > 1) {
            c10.intoArray(c, cOffset + ldc);
            c11.intoArray(c, cOffset + ldc + V);
        }
        if (rows > 2) {
            c20.intoArray(c, cOffset + 2 * ldc);
            c21.intoArray(c, cOffset + 2 * ldc + V);
        }
        if (rows > 3) {
            c30.intoArray(c, cOffset + 3 * ldc);
            c31.intoArray(c, cOffset + 3 * ldc + V);
        }
        if (rows > 4) {
            c40.intoArray(c, cOffset + 4 * ldc);
            c41.intoArray(c, cOffset + 4 * ldc + V);
        }
    }

    private static void addTransposedOne(
            int rows,
            int inner,
            float[] a,
            int aOffset,
            float[] b,
            int bOffset,
            int ldb,
            float[] c,
            int cOffset,
            int ldc) {
        FloatVector c0 = FloatVector.fromArray(FLOATS, c, cOffset);
        FloatVector c1 = FloatVector.fromArray(FLOATS, c, cOffset + ldc);
        FloatVector c2 = FloatVector.fromArray(FLOATS, c, cOffset + 2 * ldc);
        FloatVector c3 = FloatVector.fromArray(FLOATS, c, cOffset + 3 * ldc);
        FloatVector c4 = FloatVector.fromArray(FLOATS, c, cOffset + 4 * ldc);
        int bi = bOffset;
        int end = aOffset + inner * TILE;
        for (int ai = aOffset; ai < end; ai += TILE) {
            FloatVector b0 = FloatVector.fromArray(FLOATS, b, bi);
            FloatVector x = FloatVector.broadcast(FLOATS, a[ai]);
            c0 = x.fma(b0, c0);
            x = FloatVector.broadcast(FLOATS, a[ai + 1]);
            c1 = x.fma(b0, c1);
            x = FloatVector.broadcast(FLOATS, a[ai + 2]);
            c2 = x.fma(b0, c2);
            x = FloatVector.broadcast(FLOATS, a[ai + 3]);
            c3 = x.fma(b0, c3);
            x = FloatVector.broadcast(FLOATS, a[ai + 4]);
            c4 = x.fma(b0, c4);
            bi += ldb;
        }
        c0.intoArray(c, cOffset);
        if (rows > 1) {
            c1.intoArray(c, cOffset + ldc);
        }
        if (rows > 2) {
            c2.intoArray(c, cOffset + 2 * ldc);
        }
        if (rows > 3) {
            c3.intoArray(c, cOffset + 3 * ldc);
        }
        if (rows > 4) {
            c4.intoArray(c, cOffset + 4 * ldc);
        }
    }

    /** One method, too long to be inlined into another, see {@link VectorFunctions#gelu}. */
    @Override
    public void exponentials(
            float[] tile,
            int offset,
            int width,
            int[] allowed,
            int allowedStride,
            float[] shift,
            int shiftOffset,
            float[] sums,
            int sumsOffset) {
        FloatVector log2e = FloatVector.broadcast(FLOATS, LOG2_E);
        FloatVector round = FloatVector.broadcast(FLOATS, ROUND);
        FloatVector minusLn2 = FloatVector.broadcast(FLOATS, MINUS_LN2);
        FloatVector one = FloatVector.broadcast(FLOATS, 1f);
        FloatVector nothing = FloatVector.broadcast(FLOATS, NOTHING);
        for (int row = 0; row < STRIP; row++) {
            int from = offset + row * TILE;
            int a = row * allowedStride;
            FloatVector max = FloatVector.broadcast(FLOATS, shift[shiftOffset + row]);
            FloatVector sum = FloatVector.fromArray(FLOATS, sums, sumsOffset + row * V);
            for (int j = 0; j < width; j += V) {
                FloatVector x = FloatVector.fromArray(FLOATS, tile, from + j).sub(max);
                x = x.blend(nothing, x.compare(VectorOperators.LT, nothing));
                FloatVector t = x.fma(log2e, round);
                FloatVector r = t.sub(round).fma(minusLn2, x);
                FloatVector y = r.fma(FloatVector.broadcast(FLOATS, P4), FloatVector.broadcast(FLOATS, P3));
                y = y.fma(r, FloatVector.broadcast(FLOATS, P2));
                y = y.fma(r, FloatVector.broadcast(FLOATS, P1));
                y = y.fma(r, FloatVector.broadcast(FLOATS, P0));
                y = y.fma(r, one);
                y = y.fma(r, one);
                y = y.mul(
                        t.reinterpretAsInts().lanewise(VectorOperators.LSHL, 23).reinterpretAsFloats());
                y = y.reinterpretAsInts()
                        .and(IntVector.fromArray(INTS, allowed, a + j))
                        .reinterpretAsFloats();
                y.intoArray(tile, from + j);
                sum = sum.add(y);
            }
            sum.intoArray(sums, sumsOffset + row * V);
        }
    }

    @Override
    public void exponentialsBounded(float[] tile, int offset, int width, float[] sums, int sumsOffset) {
        FloatVector log2e = FloatVector.broadcast(FLOATS, LOG2_E);
        FloatVector round = FloatVector.broadcast(FLOATS, ROUND);
        FloatVector minusLn2 = FloatVector.broadcast(FLOATS, MINUS_LN2);
        FloatVector one = FloatVector.broadcast(FLOATS, 1f);
        for (int row = 0; row < STRIP; row++) {
            int from = offset + row * TILE;
            FloatVector sum = FloatVector.fromArray(FLOATS, sums, sumsOffset + row * V);
            for (int j = from; j < from + width; j += V) {
                FloatVector x = FloatVector.fromArray(FLOATS, tile, j);
                FloatVector t = x.fma(log2e, round);
                FloatVector r = t.sub(round).fma(minusLn2, x);
                FloatVector y = r.fma(FloatVector.broadcast(FLOATS, P4), FloatVector.broadcast(FLOATS, P3));
                y = y.fma(r, FloatVector.broadcast(FLOATS, P2));
                y = y.fma(r, FloatVector.broadcast(FLOATS, P1));
                y = y.fma(r, FloatVector.broadcast(FLOATS, P0));
                y = y.fma(r, one);
                y = y.fma(r, one);
                y = y.mul(
                        t.reinterpretAsInts().lanewise(VectorOperators.LSHL, 23).reinterpretAsFloats());
                y.intoArray(tile, j);
                sum = sum.add(y);
            }
            sum.intoArray(sums, sumsOffset + row * V);
        }
    }

    @Override
    public void gradients(float[] p, float[] dp, int offset, int width, float[] delta, int deltaOffset) {
        for (int row = 0; row < STRIP; row++) {
            int from = offset + row * TILE;
            gradients(p, dp, from, from + width, delta[deltaOffset + row]);
        }
    }

    private static void gradients(float[] p, float[] dp, int from, int end, float delta) {
        for (int i = from; i < end; i += V) {
            FloatVector x = FloatVector.fromArray(FLOATS, p, i);
            FloatVector y = x.mul(FloatVector.fromArray(FLOATS, dp, i).sub(delta));
            y.blend(0f, x.compare(VectorOperators.EQ, 0f)).intoArray(dp, i);
        }
    }

    @Override
    public boolean finite(float[] a, int offset, int n) {
        FloatVector zero = FloatVector.zero(FLOATS);
        FloatVector s0 = zero;
        FloatVector s1 = zero;
        FloatVector s2 = zero;
        FloatVector s3 = zero;
        int end = offset + n;
        int i = offset;
        // 0 times a finite number is 0, otherwise NaN
        for (; i + 4 * V <= end; i += 4 * V) {
            s0 = FloatVector.fromArray(FLOATS, a, i).fma(zero, s0);
            s1 = FloatVector.fromArray(FLOATS, a, i + V).fma(zero, s1);
            s2 = FloatVector.fromArray(FLOATS, a, i + 2 * V).fma(zero, s2);
            s3 = FloatVector.fromArray(FLOATS, a, i + 3 * V).fma(zero, s3);
        }
        for (; i < end; i += V) {
            s0 = FloatVector.fromArray(FLOATS, a, i).fma(zero, s0);
        }
        return s0.add(s1).add(s2.add(s3)).reduceLanes(VectorOperators.ADD) == 0f;
    }
}
