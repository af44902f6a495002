package org.rlr.tensor.cpu;

/**
 * The inner loops of attention: two small matrix products and the passes between them, on strips of {@value #STRIP} rows.
 *
 * <p>A right-hand matrix {@code B} lies in panels of {@link #lanes()} columns: its element {@code (k, j)} is at
 * {@code b[bOffset + (j / lanes)·bPanel + k·ldb + j % lanes]}. Columns are padded to whole panels.
 */
interface AttentionKernels {
    /** Rows of a strip. */
    int STRIP = 6;

    /** Elements between rows of a tile of logits: a multiple of the strip and of every number of lanes. */
    int TILE = 192;

    /** A logit whose exponential is exactly 0 here (in truth it is 6·10⁻³⁹, which no float of full precision reaches). */
    float NOTHING = -88f;

    /** Columns of a panel; divides {@link #TILE}. */
    int lanes();

    /**
     * {@code C (+)= Aᵀ·B}, A stored with the strip's rows side by side: {@code A(i, k) = a[aOffset + k·lda + i]}.
     *
     * @param rows   how many rows of C are written, 1 … {@link #STRIP}; all are computed
     * @param inner  the extent summed over
     * @param panels how many panels of columns
     */
    void stripTransposed(int rows, int inner, float[] a, int aOffset, int lda, float[] b, int bOffset, int ldb, int bPanel,
            int panels, float[] c, int cOffset, int ldc, boolean accumulate);

    /** {@code C += A·B}, A a strip of a tile: {@code A(i, k) = a[aOffset + i·TILE + k]}; otherwise as {@link #stripTransposed}. */
    void strip(int inner, float[] a, int aOffset, float[] b, int bOffset, int ldb, int bPanel,
            int panels, float[] c, int cOffset, int ldc);

    /**
     * Turns logits, −88 to 88, into their exponentials and adds each row's to its {@link #lanes()} partial sums.
     *
     * @param rows    rows of the tile from {@code offset}
     * @param width   columns, a multiple of the lanes
     * @param allowed null; or for every row {@code period} ints from {@code row·period}, all bits set where a probability may be other
     *                than 0 and none elsewhere, repeating along the row
     * @param period  a multiple of the lanes, divides the width
     */
    void exponentials(float[] tile, int offset, int rows, int width, int[] allowed, int period, float[] sums, int sumsOffset);

    /** {@code tile = max(tile − shift, NOTHING)}, one shift per row. */
    void shift(float[] tile, int offset, int rows, int width, float[] shift, int shiftOffset);

    /**
     * From logits and the gradients of the probabilities (two tiles at the same offset): probabilities
     * {@code p = exp(max(logit − shift, NOTHING))}, and the gradients of the logits (but for their scale) {@code p·(dp − delta)}, both in place.
     * Shift and delta have one value per row; {@code allowed} as for {@link #exponentials}.
     */
    void gradients(float[] p, float[] dp, int offset, int rows, int width, int[] allowed, int period,
            float[] shift, float[] delta, int rowOffset);
}
