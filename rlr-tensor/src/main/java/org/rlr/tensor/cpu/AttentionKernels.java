package org.rlr.tensor.cpu;

/**
 * The inner loops of attention: two small matrix products and the passes between them, on strips of {@value #STRIP}
 * rows.
 *
 * <p>A right-hand matrix {@code B} lies in panels of {@link #lanes()} columns: its element {@code (k, j)} is at
 * {@code b[bOffset + (j / lanes)·bPanel + k·ldb + j % lanes]}. Columns are padded to whole panels.
 */
interface AttentionKernels {
    /**
     * Rows of a strip: with two vectors 10 accumulators, the most that C2 keeps in 16 registers on every JDK (with 12,
     * JDK 25 spills and has half the speed).
     */
    int STRIP = 5;

    /** Elements between rows of a tile of logits: a multiple of the strip and of every number of lanes. */
    int TILE = 192;

    /**
     * A logit whose exponential is exactly 0 here (in truth it is 6·10⁻³⁹, which no float of full precision reaches).
     */
    float NOTHING = -88f;

    /** Columns of a panel; divides {@link #TILE}. */
    int lanes();

    /**
     * {@code C = Aᵀ·B} for a strip: {@code A(k, i) = a[aOffset + k·STRIP + i]}.
     *
     * @param inner the extent summed over
     * @param panels how many panels of columns B and C have
     * @param c a tile: C's rows are {@link #TILE} apart
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
     * @param rows how many rows of C are written, 1 … {@link #STRIP}; the others are read and must exist
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
     * Turns logits into {@code exp(max(logit − shift, NOTHING))}, which must not overflow where it is allowed, and adds
     * each row's to its {@link #lanes()} partial sums.
     *
     * @param offset where the strip's first row is in the tile
     * @param width columns, a multiple of the lanes
     * @param allowed for every row {@code width} ints from {@code row·allowedStride}: all bits set where the result may
     *     be other than 0, none where not
     * @param shift one per row, from {@code shiftOffset}
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
     * The same where no logit lies outside ±88, all entries are allowed and nothing is shifted; a logit of
     * {@link #NOTHING} becomes 0. A third fewer instructions.
     */
    void exponentialsBounded(float[] tile, int offset, int width, float[] sums, int sumsOffset);

    /**
     * {@code dp = p·(dp − delta)}, exactly 0 where p is: from the gradients of probabilities to those of logits. Two
     * strips at the same offset; delta has one value per row.
     */
    void gradients(float[] p, float[] dp, int offset, int width, float[] delta, int deltaOffset);

    /**
     * Whether none of some neighbouring elements is NaN or infinite.
     *
     * @param n how many, a multiple of the lanes
     */
    boolean finite(float[] a, int offset, int n);
}
