package org.rlr.tensor.cpu;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * The innermost loop of the matrix product: a tile of C in registers, the sum over k of columns of A times rows of B.
 * The tile is two vectors wide; it has five rows with 16 vector registers, eight with 32. A multiply-add takes four
 * cycles and two start per cycle, so fewer than eight accumulators cannot keep the units busy, and exactly eight cannot
 * hide a late load. But C2 moves the loads of an iteration before the arithmetic, so many broadcast elements of A need
 * registers besides the accumulators, and a taller tile spills (12 accumulators run at full speed on JDK 17, at less
 * than half of it on JDK 25). With 32 registers, twelve rows would eventually be 3 % faster, but C2 compiles them so
 * slowly that a short process is slower by a tenth. The loops count in steps of the packed columns of A: counting k
 * instead lets C2 drop the bounds checks and then move loads far from their use, which costs more.
 */
final class VectorTile {
    static final VectorSpecies<Float> SPECIES = VectorMath.FLOATS;
    static final int LANES = SPECIES.length();
    /** Columns of a tile. */
    static final int COLUMNS = 2 * LANES;
    /** The system property that selects the tile of 5 or 8 rows, for tests. */
    static final String ROWS_PROPERTY = "rlr.test.tileRows";
    /** Rows of a tile. AVX-512 and AArch64 have 32 vector registers. */
    static final int ROWS = rows();

    private VectorTile() {}

    private static int rows() {
        int usual = LANES >= 16 || System.getProperty("os.arch").equals("aarch64") ? 8 : 5;
        int rows = Integer.getInteger(ROWS_PROPERTY, usual);
        // packing a column of 5 rows writes a whole vector, which must not reach beyond the next column
        if (rows != 8 && (rows != 5 || LANES > 8)) {
            throw new IllegalArgumentException(
                    ROWS_PROPERTY + " is " + rows + "; use 8, or 5 with vectors of up to 256 bits");
        }
        return rows;
    }

    /**
     * C (+)= A·B for one tile: A packed as {@code k} columns of {@link #ROWS}, B as {@code k} rows of {@link #COLUMNS}.
     */
    static void multiply(int k, float[] a, int ao, float[] b, int bo, float[] c, int co, int ldc, boolean accumulate) {
        if (ROWS == 8) {
            tile8(k, a, ao, b, bo, c, co, ldc, accumulate);
        } else {
            tile5(k, a, ao, b, bo, c, co, ldc, accumulate);
        }
    }

    /** The tile of 5 rows. */
    private static void tile5(
            int k, float[] a, int ao, float[] b, int bo, float[] c, int co, int ldc, boolean accumulate) {
        FloatVector c00 = FloatVector.zero(SPECIES);
        FloatVector c01 = FloatVector.zero(SPECIES);
        FloatVector c10 = FloatVector.zero(SPECIES);
        FloatVector c11 = FloatVector.zero(SPECIES);
        FloatVector c20 = FloatVector.zero(SPECIES);
        FloatVector c21 = FloatVector.zero(SPECIES);
        FloatVector c30 = FloatVector.zero(SPECIES);
        FloatVector c31 = FloatVector.zero(SPECIES);
        FloatVector c40 = FloatVector.zero(SPECIES);
        FloatVector c41 = FloatVector.zero(SPECIES);
        int bi = bo;
        int end = ao + k * 5;
        for (int ai = ao; ai < end; ai += 5) {
            FloatVector b0 = FloatVector.fromArray(SPECIES, b, bi);
            FloatVector b1 = FloatVector.fromArray(SPECIES, b, bi + LANES);
            FloatVector a0 = FloatVector.broadcast(SPECIES, a[ai]);
            c00 = a0.fma(b0, c00);
            c01 = a0.fma(b1, c01);
            FloatVector a1 = FloatVector.broadcast(SPECIES, a[ai + 1]);
            c10 = a1.fma(b0, c10);
            c11 = a1.fma(b1, c11);
            FloatVector a2 = FloatVector.broadcast(SPECIES, a[ai + 2]);
            c20 = a2.fma(b0, c20);
            c21 = a2.fma(b1, c21);
            FloatVector a3 = FloatVector.broadcast(SPECIES, a[ai + 3]);
            c30 = a3.fma(b0, c30);
            c31 = a3.fma(b1, c31);
            FloatVector a4 = FloatVector.broadcast(SPECIES, a[ai + 4]);
            c40 = a4.fma(b0, c40);
            c41 = a4.fma(b1, c41);
            bi += COLUMNS;
        }
        if (accumulate) {
            c00.add(FloatVector.fromArray(SPECIES, c, co)).intoArray(c, co);
            c01.add(FloatVector.fromArray(SPECIES, c, co + LANES)).intoArray(c, co + LANES);
            c10.add(FloatVector.fromArray(SPECIES, c, co + ldc)).intoArray(c, co + ldc);
            c11.add(FloatVector.fromArray(SPECIES, c, co + ldc + LANES)).intoArray(c, co + ldc + LANES);
            c20.add(FloatVector.fromArray(SPECIES, c, co + 2 * ldc)).intoArray(c, co + 2 * ldc);
            c21.add(FloatVector.fromArray(SPECIES, c, co + 2 * ldc + LANES)).intoArray(c, co + 2 * ldc + LANES);
            c30.add(FloatVector.fromArray(SPECIES, c, co + 3 * ldc)).intoArray(c, co + 3 * ldc);
            c31.add(FloatVector.fromArray(SPECIES, c, co + 3 * ldc + LANES)).intoArray(c, co + 3 * ldc + LANES);
            c40.add(FloatVector.fromArray(SPECIES, c, co + 4 * ldc)).intoArray(c, co + 4 * ldc);
            c41.add(FloatVector.fromArray(SPECIES, c, co + 4 * ldc + LANES)).intoArray(c, co + 4 * ldc + LANES);
        } else {
            c00.intoArray(c, co);
            c01.intoArray(c, co + LANES);
            c10.intoArray(c, co + ldc);
            c11.intoArray(c, co + ldc + LANES);
            c20.intoArray(c, co + 2 * ldc);
            c21.intoArray(c, co + 2 * ldc + LANES);
            c30.intoArray(c, co + 3 * ldc);
            c31.intoArray(c, co + 3 * ldc + LANES);
            c40.intoArray(c, co + 4 * ldc);
            c41.intoArray(c, co + 4 * ldc + LANES);
        }
    }

    /** The tile of 8 rows. */
    private static void tile8(
            int k, float[] a, int ao, float[] b, int bo, float[] c, int co, int ldc, boolean accumulate) {
        FloatVector c00 = FloatVector.zero(SPECIES);
        FloatVector c01 = FloatVector.zero(SPECIES);
        FloatVector c10 = FloatVector.zero(SPECIES);
        FloatVector c11 = FloatVector.zero(SPECIES);
        FloatVector c20 = FloatVector.zero(SPECIES);
        FloatVector c21 = FloatVector.zero(SPECIES);
        FloatVector c30 = FloatVector.zero(SPECIES);
        FloatVector c31 = FloatVector.zero(SPECIES);
        FloatVector c40 = FloatVector.zero(SPECIES);
        FloatVector c41 = FloatVector.zero(SPECIES);
        FloatVector c50 = FloatVector.zero(SPECIES);
        FloatVector c51 = FloatVector.zero(SPECIES);
        FloatVector c60 = FloatVector.zero(SPECIES);
        FloatVector c61 = FloatVector.zero(SPECIES);
        FloatVector c70 = FloatVector.zero(SPECIES);
        FloatVector c71 = FloatVector.zero(SPECIES);
        int bi = bo;
        int end = ao + k * 8;
        for (int ai = ao; ai < end; ai += 8) {
            FloatVector b0 = FloatVector.fromArray(SPECIES, b, bi);
            FloatVector b1 = FloatVector.fromArray(SPECIES, b, bi + LANES);
            FloatVector a0 = FloatVector.broadcast(SPECIES, a[ai]);
            c00 = a0.fma(b0, c00);
            c01 = a0.fma(b1, c01);
            FloatVector a1 = FloatVector.broadcast(SPECIES, a[ai + 1]);
            c10 = a1.fma(b0, c10);
            c11 = a1.fma(b1, c11);
            FloatVector a2 = FloatVector.broadcast(SPECIES, a[ai + 2]);
            c20 = a2.fma(b0, c20);
            c21 = a2.fma(b1, c21);
            FloatVector a3 = FloatVector.broadcast(SPECIES, a[ai + 3]);
            c30 = a3.fma(b0, c30);
            c31 = a3.fma(b1, c31);
            FloatVector a4 = FloatVector.broadcast(SPECIES, a[ai + 4]);
            c40 = a4.fma(b0, c40);
            c41 = a4.fma(b1, c41);
            FloatVector a5 = FloatVector.broadcast(SPECIES, a[ai + 5]);
            c50 = a5.fma(b0, c50);
            c51 = a5.fma(b1, c51);
            FloatVector a6 = FloatVector.broadcast(SPECIES, a[ai + 6]);
            c60 = a6.fma(b0, c60);
            c61 = a6.fma(b1, c61);
            FloatVector a7 = FloatVector.broadcast(SPECIES, a[ai + 7]);
            c70 = a7.fma(b0, c70);
            c71 = a7.fma(b1, c71);
            bi += COLUMNS;
        }
        if (accumulate) {
            c00.add(FloatVector.fromArray(SPECIES, c, co)).intoArray(c, co);
            c01.add(FloatVector.fromArray(SPECIES, c, co + LANES)).intoArray(c, co + LANES);
            c10.add(FloatVector.fromArray(SPECIES, c, co + ldc)).intoArray(c, co + ldc);
            c11.add(FloatVector.fromArray(SPECIES, c, co + ldc + LANES)).intoArray(c, co + ldc + LANES);
            c20.add(FloatVector.fromArray(SPECIES, c, co + 2 * ldc)).intoArray(c, co + 2 * ldc);
            c21.add(FloatVector.fromArray(SPECIES, c, co + 2 * ldc + LANES)).intoArray(c, co + 2 * ldc + LANES);
            c30.add(FloatVector.fromArray(SPECIES, c, co + 3 * ldc)).intoArray(c, co + 3 * ldc);
            c31.add(FloatVector.fromArray(SPECIES, c, co + 3 * ldc + LANES)).intoArray(c, co + 3 * ldc + LANES);
            c40.add(FloatVector.fromArray(SPECIES, c, co + 4 * ldc)).intoArray(c, co + 4 * ldc);
            c41.add(FloatVector.fromArray(SPECIES, c, co + 4 * ldc + LANES)).intoArray(c, co + 4 * ldc + LANES);
            c50.add(FloatVector.fromArray(SPECIES, c, co + 5 * ldc)).intoArray(c, co + 5 * ldc);
            c51.add(FloatVector.fromArray(SPECIES, c, co + 5 * ldc + LANES)).intoArray(c, co + 5 * ldc + LANES);
            c60.add(FloatVector.fromArray(SPECIES, c, co + 6 * ldc)).intoArray(c, co + 6 * ldc);
            c61.add(FloatVector.fromArray(SPECIES, c, co + 6 * ldc + LANES)).intoArray(c, co + 6 * ldc + LANES);
            c70.add(FloatVector.fromArray(SPECIES, c, co + 7 * ldc)).intoArray(c, co + 7 * ldc);
            c71.add(FloatVector.fromArray(SPECIES, c, co + 7 * ldc + LANES)).intoArray(c, co + 7 * ldc + LANES);
        } else {
            c00.intoArray(c, co);
            c01.intoArray(c, co + LANES);
            c10.intoArray(c, co + ldc);
            c11.intoArray(c, co + ldc + LANES);
            c20.intoArray(c, co + 2 * ldc);
            c21.intoArray(c, co + 2 * ldc + LANES);
            c30.intoArray(c, co + 3 * ldc);
            c31.intoArray(c, co + 3 * ldc + LANES);
            c40.intoArray(c, co + 4 * ldc);
            c41.intoArray(c, co + 4 * ldc + LANES);
            c50.intoArray(c, co + 5 * ldc);
            c51.intoArray(c, co + 5 * ldc + LANES);
            c60.intoArray(c, co + 6 * ldc);
            c61.intoArray(c, co + 6 * ldc + LANES);
            c70.intoArray(c, co + 7 * ldc);
            c71.intoArray(c, co + 7 * ldc + LANES);
        }
    }
}
