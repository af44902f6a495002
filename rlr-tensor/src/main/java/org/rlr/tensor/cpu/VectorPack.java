package org.rlr.tensor.cpu;

import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * Packs blocks of matrices in the order in which the tiles read them, padded with zeros. All kernels use a single
 * vector species: a second one anywhere in the process spoils the type profiles of the Vector API's methods, and JDK 17
 * then boxes vectors.
 */
final class VectorPack {
    private static final int ROWS = VectorTile.ROWS;
    private static final int COLUMNS = VectorTile.COLUMNS;
    private static final int LANES = VectorTile.LANES;
    private static final VectorSpecies<Float> SPECIES = VectorTile.SPECIES;

    private VectorPack() {}

    /**
     * Packs rows of {@code alpha·A}, with A stored as {@code m×k} from {@code ao}: panels of {@link VectorTile#ROWS}
     * rows with {@code k} columns each.
     */
    static void left(float[] a, int ao, int lda, int m, int k, float alpha, float[] out, int oo) {
        int full = m / ROWS * ROWS;
        if (ROWS == 5) {
            for (int i = 0; i < full; i += ROWS) {
                fiveRows(a, ao + i * lda, lda, k, alpha, out, oo + i * k);
            }
        } else {
            for (int i = 0; i < full; i += 4) {
                quadRows(a, ao + i * lda, lda, k, alpha, out, oo + i / ROWS * ROWS * k + i % ROWS, ROWS);
            }
        }
        if (full < m) {
            int panel = oo + full * k;
            Arrays.fill(out, panel, panel + ROWS * k, 0);
            for (int i = full; i < m; i++) {
                for (int p = 0; p < k; p++) {
                    out[panel + p * ROWS + i - full] = alpha * a[ao + i * lda + p];
                }
            }
        }
    }

    /**
     * Packs four columns at a time, like the next method: reads and writes are in runs, and no load waits for a store
     * that might alias it.
     */
    private static void fiveRows(float[] a, int ao, int lda, int k, float alpha, float[] out, int oo) {
        int a1 = ao + lda;
        int a2 = a1 + lda;
        int a3 = a2 + lda;
        int a4 = a3 + lda;
        int p = 0;
        for (; p + 4 <= k; p += 4) {
            float v00 = alpha * a[ao + p];
            float v01 = alpha * a[ao + p + 1];
            float v02 = alpha * a[ao + p + 2];
            float v03 = alpha * a[ao + p + 3];
            float v10 = alpha * a[a1 + p];
            float v11 = alpha * a[a1 + p + 1];
            float v12 = alpha * a[a1 + p + 2];
            float v13 = alpha * a[a1 + p + 3];
            float v20 = alpha * a[a2 + p];
            float v21 = alpha * a[a2 + p + 1];
            float v22 = alpha * a[a2 + p + 2];
            float v23 = alpha * a[a2 + p + 3];
            float v30 = alpha * a[a3 + p];
            float v31 = alpha * a[a3 + p + 1];
            float v32 = alpha * a[a3 + p + 2];
            float v33 = alpha * a[a3 + p + 3];
            float v40 = alpha * a[a4 + p];
            float v41 = alpha * a[a4 + p + 1];
            float v42 = alpha * a[a4 + p + 2];
            float v43 = alpha * a[a4 + p + 3];
            int o = oo + p * 5;
            out[o] = v00;
            out[o + 1] = v10;
            out[o + 2] = v20;
            out[o + 3] = v30;
            out[o + 4] = v40;
            out[o + 5] = v01;
            out[o + 5 + 1] = v11;
            out[o + 5 + 2] = v21;
            out[o + 5 + 3] = v31;
            out[o + 5 + 4] = v41;
            out[o + 2 * 5] = v02;
            out[o + 2 * 5 + 1] = v12;
            out[o + 2 * 5 + 2] = v22;
            out[o + 2 * 5 + 3] = v32;
            out[o + 2 * 5 + 4] = v42;
            out[o + 3 * 5] = v03;
            out[o + 3 * 5 + 1] = v13;
            out[o + 3 * 5 + 2] = v23;
            out[o + 3 * 5 + 3] = v33;
            out[o + 3 * 5 + 4] = v43;
        }
        for (; p < k; p++) {
            out[oo + p * 5] = alpha * a[ao + p];
            out[oo + p * 5 + 1] = alpha * a[a1 + p];
            out[oo + p * 5 + 2] = alpha * a[a2 + p];
            out[oo + p * 5 + 3] = alpha * a[a3 + p];
            out[oo + p * 5 + 4] = alpha * a[a4 + p];
        }
    }

    /** @param step distance between columns in {@code out} */
    private static void quadRows(float[] a, int ao, int lda, int k, float alpha, float[] out, int oo, int step) {
        int a1 = ao + lda;
        int a2 = a1 + lda;
        int a3 = a2 + lda;
        int p = 0;
        for (; p + 4 <= k; p += 4) {
            float v00 = alpha * a[ao + p];
            float v01 = alpha * a[ao + p + 1];
            float v02 = alpha * a[ao + p + 2];
            float v03 = alpha * a[ao + p + 3];
            float v10 = alpha * a[a1 + p];
            float v11 = alpha * a[a1 + p + 1];
            float v12 = alpha * a[a1 + p + 2];
            float v13 = alpha * a[a1 + p + 3];
            float v20 = alpha * a[a2 + p];
            float v21 = alpha * a[a2 + p + 1];
            float v22 = alpha * a[a2 + p + 2];
            float v23 = alpha * a[a2 + p + 3];
            float v30 = alpha * a[a3 + p];
            float v31 = alpha * a[a3 + p + 1];
            float v32 = alpha * a[a3 + p + 2];
            float v33 = alpha * a[a3 + p + 3];
            int o = oo + p * step;
            out[o] = v00;
            out[o + 1] = v10;
            out[o + 2] = v20;
            out[o + 3] = v30;
            out[o + step] = v01;
            out[o + step + 1] = v11;
            out[o + step + 2] = v21;
            out[o + step + 3] = v31;
            out[o + 2 * step] = v02;
            out[o + 2 * step + 1] = v12;
            out[o + 2 * step + 2] = v22;
            out[o + 2 * step + 3] = v32;
            out[o + 3 * step] = v03;
            out[o + 3 * step + 1] = v13;
            out[o + 3 * step + 2] = v23;
            out[o + 3 * step + 3] = v33;
        }
        for (; p < k; p++) {
            out[oo + p * step] = alpha * a[ao + p];
            out[oo + p * step + 1] = alpha * a[a1 + p];
            out[oo + p * step + 2] = alpha * a[a2 + p];
            out[oo + p * step + 3] = alpha * a[a3 + p];
        }
    }

    /** Packs one row of a panel: {@code n} values, {@link VectorTile#ROWS} apart. */
    static void row(float[] a, int ao, int n, float[] out, int oo) {
        for (int p = 0; p < n; p++) {
            out[oo + p * ROWS] = a[ao + p];
        }
    }

    /** Fills one row of a panel with zeros. */
    static void zeros(int n, float[] out, int oo) {
        for (int p = 0; p < n; p++) {
            out[oo + p * ROWS] = 0;
        }
    }

    /** As {@link #left}, for {@code alpha·Aᵀ} with A stored as {@code k×m}. */
    static void leftTransposed(float[] a, int ao, int lda, int m, int k, float alpha, float[] out, int oo) {
        int full = m / ROWS * ROWS;
        int i = 0;
        // four panels at a time: their 20 columns use more than a cache line of A, whose rows are far apart
        for (; i + 4 * ROWS <= full; i += 4 * ROWS) {
            fourPanels(a, ao + i, lda, k, alpha, out, oo + i * k);
        }
        for (; i < full; i += ROWS) {
            onePanel(a, ao + i, lda, k, alpha, out, oo + i * k);
        }
        if (full < m) {
            int panel = oo + full * k;
            for (int p = 0; p < k; p++) {
                for (int j = 0; j < ROWS; j++) {
                    out[panel + p * ROWS + j] = full + j < m ? alpha * a[ao + p * lda + full + j] : 0;
                }
            }
        }
    }

    /**
     * Stores whole vectors even if a panel's row is shorter: the next row overwrites the excess. The last row is copied
     * element by element, so that nothing is read or written beyond it.
     */
    private static void fourPanels(float[] a, int ao, int lda, int k, float alpha, float[] out, int oo) {
        int o1 = oo + ROWS * k;
        int o2 = o1 + ROWS * k;
        int o3 = o2 + ROWS * k;
        for (int p = 0; p < k - 1; p++) {
            for (int j = 0; j < ROWS; j += LANES) {
                FloatVector.fromArray(SPECIES, a, ao + p * lda + j).mul(alpha).intoArray(out, oo + p * ROWS + j);
                FloatVector.fromArray(SPECIES, a, ao + p * lda + ROWS + j)
                        .mul(alpha)
                        .intoArray(out, o1 + p * ROWS + j);
                FloatVector.fromArray(SPECIES, a, ao + p * lda + 2 * ROWS + j)
                        .mul(alpha)
                        .intoArray(out, o2 + p * ROWS + j);
                FloatVector.fromArray(SPECIES, a, ao + p * lda + 3 * ROWS + j)
                        .mul(alpha)
                        .intoArray(out, o3 + p * ROWS + j);
            }
        }
        for (int panel = 0; panel < 4; panel++) {
            lastRow(a, ao + panel * ROWS, lda, k, alpha, out, oo + panel * ROWS * k);
        }
    }

    private static void onePanel(float[] a, int ao, int lda, int k, float alpha, float[] out, int oo) {
        for (int p = 0; p < k - 1; p++) {
            for (int j = 0; j < ROWS; j += LANES) {
                FloatVector.fromArray(SPECIES, a, ao + p * lda + j).mul(alpha).intoArray(out, oo + p * ROWS + j);
            }
        }
        lastRow(a, ao, lda, k, alpha, out, oo);
    }

    private static void lastRow(float[] a, int ao, int lda, int k, float alpha, float[] out, int oo) {
        for (int j = 0; j < ROWS && k > 0; j++) {
            out[oo + (k - 1) * ROWS + j] = alpha * a[ao + (k - 1) * lda + j];
        }
    }

    /**
     * Packs one panel of B, stored as {@code k×n} from {@code bo}: {@code k} rows of {@link VectorTile#COLUMNS}, with
     * {@code n} valid columns.
     */
    static void right(float[] b, int bo, int ldb, int n, int k, float[] out, int oo) {
        if (n >= COLUMNS) {
            wholeRows(b, bo, ldb, k, out, oo);
            return;
        }
        for (int p = 0; p < k; p++) {
            System.arraycopy(b, bo + p * ldb, out, oo + p * COLUMNS, n);
            Arrays.fill(out, oo + p * COLUMNS + n, oo + (p + 1) * COLUMNS, 0);
        }
    }

    private static void wholeRows(float[] b, int bo, int ldb, int k, float[] out, int oo) {
        for (int p = 0; p < k; p++) {
            FloatVector.fromArray(SPECIES, b, bo + p * ldb).intoArray(out, oo + p * COLUMNS);
            FloatVector.fromArray(SPECIES, b, bo + p * ldb + LANES).intoArray(out, oo + p * COLUMNS + LANES);
        }
    }

    /** Packs one panel of Bᵀ, with B stored as {@code n×k}. */
    static void rightTransposed(float[] b, int bo, int ldb, int n, int k, float[] out, int oo) {
        int j = 0;
        for (; j + 4 <= Math.min(n, COLUMNS); j += 4) {
            quadRows(b, bo + j * ldb, ldb, k, 1, out, oo + j, COLUMNS);
        }
        for (; j < COLUMNS; j++) {
            for (int p = 0; p < k; p++) {
                out[oo + p * COLUMNS + j] = j < n ? b[bo + j * ldb + p] : 0;
            }
        }
    }
}
