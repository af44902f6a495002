package org.rlr.tensor.cpu;

import static org.rlr.tensor.cpu.ExpConstants.LOG2_E;
import static org.rlr.tensor.cpu.ExpConstants.P0;
import static org.rlr.tensor.cpu.ExpConstants.P1;
import static org.rlr.tensor.cpu.ExpConstants.P2;
import static org.rlr.tensor.cpu.ExpConstants.P3;
import static org.rlr.tensor.cpu.ExpConstants.P4;
import static org.rlr.tensor.cpu.ExpConstants.ROUND;

/** Attention's inner loops in plain Java: half a strip by four columns in scalar registers. */
final class ScalarAttention implements AttentionKernels {
    private static final int LANES = 4;
    private static final int HALF = (STRIP + 1) / 2;
    /** ln 2 in two parts; the first has few bits, so that its product with n is exact. */
    private static final float LN2_HIGH = 0.693359375f;

    private static final float LN2_LOW = (float) (Math.log(2) - LN2_HIGH);

    @Override
    public int lanes() {
        return LANES;
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
        for (int panel = 0; panel < panels; panel++) {
            for (int half = 0; half < STRIP; half += HALF) {
                multiply(
                        Math.min(HALF, STRIP - half),
                        inner,
                        a,
                        aOffset + half,
                        1,
                        STRIP,
                        b,
                        bOffset + panel * bPanel,
                        ldb,
                        c,
                        cOffset + panel * LANES + half * TILE,
                        TILE,
                        false);
            }
        }
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
        for (int panel = 0; panel < panels; panel++) {
            for (int half = 0; half < STRIP; half += HALF) {
                multiply(
                        Math.min(HALF, STRIP - half),
                        inner,
                        a,
                        aOffset + half * TILE,
                        TILE,
                        1,
                        b,
                        bOffset + panel * bPanel,
                        ldb,
                        c,
                        cOffset + panel * LANES + half * ldc,
                        ldc,
                        true);
            }
        }
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
        for (int panel = 0; panel < panels; panel++) {
            for (int half = 0; half < rows; half += HALF) {
                multiply(
                        Math.min(HALF, rows - half),
                        inner,
                        a,
                        aOffset + half,
                        1,
                        TILE,
                        b,
                        bOffset + panel * bPanel,
                        ldb,
                        c,
                        cOffset + panel * LANES + half * ldc,
                        ldc,
                        true);
            }
        }
    }

    /** Half a strip times a panel: {@code A(i, k) = a[aOffset + i·aRow + k·aInner]}. */
    private static void multiply(
            int rows,
            int inner,
            float[] a,
            int aOffset,
            int aRow,
            int aInner,
            float[] b,
            int bOffset,
            int ldb,
            float[] c,
            int cOffset,
            int ldc,
            boolean accumulate) {
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
            x = rows > 2 ? a[ai + 2 * aRow] : 0f;
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
        for (int row = 0; row < STRIP; row++) {
            float by = shift[shiftOffset + row];
            for (int j = 0; j < width; j++) {
                int i = offset + row * TILE + j;
                float p = allowed[row * allowedStride + j] != 0 ? exp(Math.max(tile[i] - by, NOTHING)) : 0f;
                tile[i] = p;
                sums[sumsOffset + row * LANES + j % LANES] += p;
            }
        }
    }

    @Override
    public void exponentialsBounded(float[] tile, int offset, int width, float[] sums, int sumsOffset) {
        for (int row = 0; row < STRIP; row++) {
            for (int j = 0; j < width; j++) {
                int i = offset + row * TILE + j;
                tile[i] = exp(tile[i]);
                sums[sumsOffset + row * LANES + j % LANES] += tile[i];
            }
        }
    }

    @Override
    public void gradients(float[] p, float[] dp, int offset, int width, float[] delta, int deltaOffset) {
        for (int row = 0; row < STRIP; row++) {
            for (int i = offset + row * TILE; i < offset + row * TILE + width; i++) {
                dp[i] = p[i] == 0f ? 0f : p[i] * (dp[i] - delta[deltaOffset + row]);
            }
        }
    }

    @Override
    public boolean finite(float[] a, int offset, int n) {
        float s0 = 0f;
        float s1 = 0f;
        float s2 = 0f;
        float s3 = 0f;
        // 0 times a finite number is 0, otherwise NaN
        for (int i = offset; i < offset + n; i += LANES) {
            s0 += 0f * a[i];
            s1 += 0f * a[i + 1];
            s2 += 0f * a[i + 2];
            s3 += 0f * a[i + 3];
        }
        return s0 + s1 + (s2 + s3) == 0f;
    }

    /**
     * The exponential as in {@link AttentionKernels}; without fused multiply-add, accurate to four units in the last
     * place.
     */
    private static float exp(float x) {
        float t = x * LOG2_E + ROUND;
        float n = t - ROUND;
        float r = x - n * LN2_HIGH - n * LN2_LOW;
        float y = P4 * r + P3;
        y = y * r + P2;
        y = y * r + P1;
        y = y * r + P0;
        y = y * r + 1f;
        y = y * r + 1f;
        return y * Float.intBitsToFloat(Float.floatToRawIntBits(t) << 23);
    }
}
