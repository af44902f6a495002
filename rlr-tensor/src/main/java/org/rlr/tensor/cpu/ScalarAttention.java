package org.rlr.tensor.cpu;

/** Attention's inner loops in plain Java: half a strip by four columns in scalar registers. */
final class ScalarAttention implements AttentionKernels {
    private static final int LANES = 4;
    private static final int HALF = STRIP / 2;
    /**
     * Adding it to a float of magnitude below 2²² rounds that to an integer n, and the lowest bits of the sum are n + 127: shifted
     * to where a float has its exponent they are 2ⁿ.
     */
    private static final float ROUND = 0x1.8p23f + 127;
    private static final float LOG2_E = (float) (1 / Math.log(2));
    /** ln 2 in two parts, the first with so few bits that its product with n is exact. */
    private static final float LN2_HIGH = 0.693359375f;
    private static final float LN2_LOW = (float) (Math.log(2) - LN2_HIGH);

    @Override
    public int lanes() {
        return LANES;
    }

    @Override
    public void stripTransposed(int rows, int inner, float[] a, int aOffset, int lda, float[] b, int bOffset, int ldb, int bPanel,
            int panels, float[] c, int cOffset, int ldc, boolean accumulate) {
        for (int panel = 0; panel < panels; panel++) {
            int from = bOffset + panel * bPanel;
            int to = cOffset + panel * LANES;
            multiply(Math.min(rows, HALF), inner, a, aOffset, 1, lda, b, from, ldb, c, to, ldc, accumulate);
            if (rows > HALF) {
                multiply(rows - HALF, inner, a, aOffset + HALF, 1, lda, b, from, ldb, c, to + HALF * ldc, ldc, accumulate);
            }
        }
    }

    @Override
    public void strip(int inner, float[] a, int aOffset, float[] b, int bOffset, int ldb, int bPanel,
            int panels, float[] c, int cOffset, int ldc) {
        for (int panel = 0; panel < panels; panel++) {
            int from = bOffset + panel * bPanel;
            int to = cOffset + panel * LANES;
            multiply(HALF, inner, a, aOffset, TILE, 1, b, from, ldb, c, to, ldc, true);
            multiply(HALF, inner, a, aOffset + HALF * TILE, TILE, 1, b, from, ldb, c, to + HALF * ldc, ldc, true);
        }
    }

    /** Half a strip times a panel: {@code A(i, k) = a[aOffset + i·aRow + k·aInner]}. */
    private static void multiply(int rows, int inner, float[] a, int aOffset, int aRow, int aInner, float[] b, int bOffset, int ldb,
            float[] c, int cOffset, int ldc, boolean accumulate) {
        float c00 = 0f;
        float c01 = 0f;
        float c02 = 0f;
        float c03 = 0f;
        float c10 = 0f;
        float c11 = 0f;
        float c12 = 0f;
        float c13 = 0f;
        float c20 = 0f;
        float c21 = 0f;
        float c22 = 0f;
        float c23 = 0f;
        int ai = aOffset;
        int bi = bOffset;
        for (int k = 0; k < inner; k++) {
            float b0 = b[bi];
            float b1 = b[bi + 1];
            float b2 = b[bi + 2];
            float b3 = b[bi + 3];
            float x = a[ai];
            c00 += x * b0;
            c01 += x * b1;
            c02 += x * b2;
            c03 += x * b3;
            x = a[ai + aRow];
            c10 += x * b0;
            c11 += x * b1;
            c12 += x * b2;
            c13 += x * b3;
            x = a[ai + 2 * aRow];
            c20 += x * b0;
            c21 += x * b1;
            c22 += x * b2;
            c23 += x * b3;
            ai += aInner;
            bi += ldb;
        }
        store(c00, c01, c02, c03, c, cOffset, accumulate);
        if (rows > 1) {
            store(c10, c11, c12, c13, c, cOffset + ldc, accumulate);
        }
        if (rows > 2) {
            store(c20, c21, c22, c23, c, cOffset + 2 * ldc, accumulate);
        }
    }

    private static void store(float x0, float x1, float x2, float x3, float[] c, int i, boolean accumulate) {
        if (accumulate) {
            c[i] += x0;
            c[i + 1] += x1;
            c[i + 2] += x2;
            c[i + 3] += x3;
        } else {
            c[i] = x0;
            c[i + 1] = x1;
            c[i + 2] = x2;
            c[i + 3] = x3;
        }
    }

    @Override
    public void exponentials(float[] tile, int offset, int rows, int width, int[] allowed, int period, float[] sums, int sumsOffset) {
        for (int row = 0; row < rows; row++) {
            for (int j = 0; j < width; j++) {
                int i = offset + row * TILE + j;
                float p = allowed == null || allowed[row * period + j % period] != 0 ? exp(tile[i]) : 0f;
                tile[i] = p;
                sums[sumsOffset + row * LANES + j % LANES] += p;
            }
        }
    }

    @Override
    public void shift(float[] tile, int offset, int rows, int width, float[] shift, int shiftOffset) {
        for (int row = 0; row < rows; row++) {
            float by = shift[shiftOffset + row];
            for (int i = offset + row * TILE; i < offset + row * TILE + width; i++) {
                tile[i] = Math.max(tile[i] - by, NOTHING);
            }
        }
    }

    @Override
    public void gradients(float[] p, float[] dp, int offset, int rows, int width, int[] allowed, int period,
            float[] shift, float[] delta, int rowOffset) {
        for (int row = 0; row < rows; row++) {
            for (int j = 0; j < width; j++) {
                int i = offset + row * TILE + j;
                boolean visible = allowed == null || allowed[row * period + j % period] != 0;
                p[i] = visible ? exp(Math.max(p[i] - shift[rowOffset + row], NOTHING)) : 0f;
                dp[i] = visible ? p[i] * (dp[i] - delta[rowOffset + row]) : 0f;
            }
        }
    }

    /**
     * {@code eˣ} for −88 ≤ x ≤ 88, to four units in the last place; 0 where it would be subnormal. NaN gives NaN.
     * {@code x = n·ln 2 + r}, {@code eʳ = 1 + r + r²·P(r)} with a minimax polynomial P, times 2ⁿ.
     */
    private static float exp(float x) {
        float t = x * LOG2_E + ROUND;
        float n = t - ROUND;
        float r = x - n * LN2_HIGH - n * LN2_LOW;
        float y = 0.001381459878757596f * r + 0.0083687175065279f;
        y = y * r + 0.04166838899254799f;
        y = y * r + 0.1666652113199234f;
        y = y * r + 0.4999999403953552f;
        y = y * r + 1f;
        y = y * r + 1f;
        return y * Float.intBitsToFloat(Float.floatToRawIntBits(t) << 23);
    }
}
