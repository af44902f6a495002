package org.rlr.tensor.cpu;

import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/** Brings blocks of matrices into the order in which the tiles read them, filled up with zeros. */
final class VectorPack {
    private static final int ROWS = VectorTile.ROWS;
    private static final int COLUMNS = VectorTile.COLUMNS;
    private static final int LANES = VectorTile.LANES;
    private static final VectorSpecies<Float> SPECIES = VectorTile.SPECIES;
    /** Four floats: what a tile's rows are a multiple of. */
    private static final VectorSpecies<Float> QUAD = FloatVector.SPECIES_128;

    private VectorPack() {
    }

    /** Rows of {@code alpha·A}, A as stored {@code m×k} from {@code ao}: panels of {@link VectorTile#ROWS} rows, in each {@code k} columns. */
    static void left(float[] a, int ao, int lda, int m, int k, float alpha, float[] out) {
        int full = m / ROWS * ROWS;
        for (int i = 0; i < full; i += 4) {
            quadRows(a, ao + i * lda, lda, k, alpha, out, i / ROWS * ROWS * k + i % ROWS);
        }
        if (full < m) {
            int panel = full * k;
            Arrays.fill(out, panel, panel + ROWS * k, 0);
            for (int i = full; i < m; i++) {
                for (int p = 0; p < k; p++) {
                    out[panel + p * ROWS + i - full] = alpha * a[ao + i * lda + p];
                }
            }
        }
    }

    private static void quadRows(float[] a, int ao, int lda, int k, float alpha, float[] out, int oo) {
        int a1 = ao + lda;
        int a2 = a1 + lda;
        int a3 = a2 + lda;
        for (int p = 0; p < k; p++) {
            out[oo + p * ROWS] = alpha * a[ao + p];
            out[oo + p * ROWS + 1] = alpha * a[a1 + p];
            out[oo + p * ROWS + 2] = alpha * a[a2 + p];
            out[oo + p * ROWS + 3] = alpha * a[a3 + p];
        }
    }

    /** The same of {@code alpha·Aᵀ}, A as stored {@code k×m}. */
    static void leftTransposed(float[] a, int ao, int lda, int m, int k, float alpha, float[] out) {
        int full = m / ROWS * ROWS;
        int i = 0;
        // four at a time, a cache line of A: the rows of A are far apart
        for (; i + 16 <= full; i += 16) {
            quadColumns(a, ao + i, lda, k, alpha, out, i * k);
        }
        for (; i < full; i += 4) {
            int target = i / ROWS * ROWS * k + i % ROWS;
            for (int p = 0; p < k; p++) {
                FloatVector.fromArray(QUAD, a, ao + i + p * lda).mul(alpha).intoArray(out, target + p * ROWS);
            }
        }
        if (full < m) {
            int panel = full * k;
            for (int p = 0; p < k; p++) {
                for (int j = 0; j < ROWS; j++) {
                    out[panel + p * ROWS + j] = full + j < m ? alpha * a[ao + p * lda + full + j] : 0;
                }
            }
        }
    }

    private static void quadColumns(float[] a, int ao, int lda, int k, float alpha, float[] out, int oo) {
        int o1 = ROWS == 4 ? oo + 4 * k : oo + 4;
        int o2 = oo + 8 * k;
        int o3 = o1 + 8 * k;
        for (int p = 0; p < k; p++) {
            FloatVector.fromArray(QUAD, a, ao + p * lda).mul(alpha).intoArray(out, oo + p * ROWS);
            FloatVector.fromArray(QUAD, a, ao + p * lda + 4).mul(alpha).intoArray(out, o1 + p * ROWS);
            FloatVector.fromArray(QUAD, a, ao + p * lda + 8).mul(alpha).intoArray(out, o2 + p * ROWS);
            FloatVector.fromArray(QUAD, a, ao + p * lda + 12).mul(alpha).intoArray(out, o3 + p * ROWS);
        }
    }

    /** One panel of B, as stored {@code k×n} from {@code bo}: {@code k} rows of {@link VectorTile#COLUMNS}, of which {@code n} are there. */
    static void right(float[] b, int bo, int ldb, int n, int k, float[] out, int oo) {
        if (n >= COLUMNS) {
            for (int p = 0; p < k; p++) {
                FloatVector.fromArray(SPECIES, b, bo + p * ldb).intoArray(out, oo + p * COLUMNS);
                FloatVector.fromArray(SPECIES, b, bo + p * ldb + LANES).intoArray(out, oo + p * COLUMNS + LANES);
            }
            return;
        }
        for (int p = 0; p < k; p++) {
            System.arraycopy(b, bo + p * ldb, out, oo + p * COLUMNS, n);
            Arrays.fill(out, oo + p * COLUMNS + n, oo + (p + 1) * COLUMNS, 0);
        }
    }

    /** The same of Bᵀ, B as stored {@code n×k}. */
    static void rightTransposed(float[] b, int bo, int ldb, int n, int k, float[] out, int oo) {
        int j = 0;
        for (; j + 4 <= Math.min(n, COLUMNS); j += 4) {
            quadToColumns(b, bo + j * ldb, ldb, k, out, oo + j);
        }
        for (; j < COLUMNS; j++) {
            for (int p = 0; p < k; p++) {
                out[oo + p * COLUMNS + j] = j < n ? b[bo + j * ldb + p] : 0;
            }
        }
    }

    private static void quadToColumns(float[] b, int bo, int ldb, int k, float[] out, int oo) {
        int b1 = bo + ldb;
        int b2 = b1 + ldb;
        int b3 = b2 + ldb;
        for (int p = 0; p < k; p++) {
            out[oo + p * COLUMNS] = b[bo + p];
            out[oo + p * COLUMNS + 1] = b[b1 + p];
            out[oo + p * COLUMNS + 2] = b[b2 + p];
            out[oo + p * COLUMNS + 3] = b[b3 + p];
        }
    }
}
