package org.rlr.tensor.cpu;

/**
 * The inner loops of attention: two small matrix products and the passes between them, on strips of {@value #STRIP}
 * rows.
 *
 * <p>A right-hand matrix {@code B} is stored in panels of {@link #lanes()} columns: element {@code (k, j)} is at
 * {@code b[bOffset + (j / lanes)·bPanel + k·ldb + j % lanes]}. Columns are padded to whole panels.
 */
interface AttentionKernels {
    /**
     * Rows of a strip: two vectors per row make 10 accumulators, the most that C2 keeps in 16 registers on every JDK
     * (with 12, JDK 25 spills and runs at half speed).
     */
    int STRIP = 5;

    /** Elements between rows of a tile of logits: a multiple of the strip and of every number of lanes. */
    int TILE = 192;

    /** A logit whose exponential is rounded to exactly 0 (its true value 6·10⁻³⁹ is below the normal floats). */
    float NOTHING = -88f;

    /** Columns of a panel; divides {@link #TILE}. */
    int lanes();

    /**
     * {@code C = Aᵀ·B} for a strip: {@code A(k, i) = a[aOffset + k·STRIP + i]}.
     *
     * @param inner extent of the sum
     * @param panels number of column panels in B and C
     * @param c a tile: C's rows are {@link #TILE} elements apart
     */
    void multiply(
            int inner,
            float[] a,
            int aOffset,
            float[] b,
            int bOffset,
            int ldb,
            int bPanel,
            int panels,
            float[] c,
            int cOffset);

    /**
     * {@code C += A·B} for a strip of a tile: {@code A(i, k) = a[aOffset + i·TILE + k]}.
     *
     * @param ldc elements between rows of C
     */
    void add(
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
            int ldc);

    /**
     * {@code C += Aᵀ·B} for {@link #STRIP} columns of a tile: {@code A(k, i) = a[aOffset + k·TILE + i]}.
     *
     * @param rows number of rows of C to write, 1 … {@link #STRIP}; the others are read and must exist
     */
    void addTransposed(
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
            int ldc);

    /**
     * Turns logits into {@code exp(max(logit − shift, NOTHING))}, which must not overflow in allowed entries, and adds
     * each row to its {@link #lanes()} partial sums.
     *
     * @param offset offset of the strip's first row in the tile
     * @param width columns, a multiple of the lanes
     * @param allowed {@code width} ints per row from {@code row·allowedStride}: all bits set for allowed entries, no
     *     bits for entries whose result is 0
     * @param shift one value per row, from {@code shiftOffset}
     */
    void exponentials(
            float[] tile,
            int offset,
            int width,
            int[] allowed,
            int allowedStride,
            float[] shift,
            int shiftOffset,
            float[] sums,
            int sumsOffset);

    /**
     * The same for logits within ±88, without forbidden entries or shifts; a logit of {@link #NOTHING} becomes 0. Uses
     * a third fewer instructions.
     */
    void exponentialsBounded(float[] tile, int offset, int width, float[] sums, int sumsOffset);

    /**
     * {@code dp = p·(dp − delta)}, exactly 0 where p is 0: converts gradients of probabilities to gradients of logits.
     * Both strips have the same offset; delta has one value per row.
     */
    void gradients(float[] p, float[] dp, int offset, int width, float[] delta, int deltaOffset);

    /**
     * Returns whether all elements of a range are finite.
     *
     * @param n number of elements, a multiple of the lanes
     */
    boolean finite(float[] a, int offset, int n);
}
