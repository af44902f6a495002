package org.rlr.tensor.cpu;

import java.util.Arrays;
import org.ejml.data.FMatrixRMaj;
import org.ejml.dense.row.CommonOps_FDRM;
import org.jspecify.annotations.Nullable;
import org.rlr.tensor.backend.Activation;
import org.rlr.tensor.backend.Parallel;

/**
 * EJML's matrix product on blocks of rows. EJML requires matrices that start at index 0 and have no gap between rows,
 * hence the copies.
 */
final class ScalarGemm implements Gemm {
    private static final int ROWS = 64;

    private final ElementwiseKernels elementwise;

    ScalarGemm(ElementwiseKernels elementwise) {
        this.elementwise = elementwise;
    }

    @Override
    public void gemm(
            Parallel parallel,
            boolean transA,
            boolean transB,
            int m,
            int n,
            int k,
            float alpha,
            float[] a,
            int aOffset,
            int lda,
            float[] b,
            int bOffset,
            int ldb,
            boolean accumulate,
            float[] c,
            int cOffset,
            int ldc,
            float @Nullable [] bias,
            int biasOffset,
            Activation activation,
            float @Nullable [] pre,
            int preOffset) {
        if (m == 0 || n == 0) {
            return;
        }
        int bRows = transB ? n : k;
        int bColumns = transB ? k : n;
        FMatrixRMaj right = matrix(Scratch.GEMM_B, b, bOffset, ldb, bRows, bColumns);
        int blocks = (m + ROWS - 1) / ROWS;
        parallel.forEach(blocks, block -> {
            int from = block * ROWS;
            int rows = Math.min(m - from, ROWS);
            float[] product = Scratch.get(Scratch.GEMM_C, rows * n);
            if (k == 0) {
                Arrays.fill(product, 0, rows * n, 0);
            } else {
                FMatrixRMaj left = wrap(packed(transA, a, aOffset, lda, from, rows, k, alpha), rows, k);
                FMatrixRMaj result = wrap(product, rows, n);
                if (transB) {
                    CommonOps_FDRM.multTransB(left, right, result);
                } else {
                    CommonOps_FDRM.mult(left, right, result);
                }
            }
            for (int i = 0; i < rows; i++) {
                elementwise.copy(product, i * n, c, cOffset + (from + i) * ldc, n, accumulate);
            }
            GemmEpilogue.apply(
                    elementwise,
                    c,
                    cOffset + from * ldc,
                    ldc,
                    rows,
                    n,
                    bias,
                    biasOffset,
                    activation,
                    pre,
                    preOffset + from * ldc);
        });
    }

    /** Rows of {@code alpha·op(A)}, without gaps. */
    private float[] packed(boolean transA, float[] a, int offset, int lda, int from, int rows, int k, float alpha) {
        float[] block = Scratch.get(Scratch.GEMM_A, rows * k);
        for (int i = 0; i < rows; i++) {
            if (transA) {
                for (int j = 0; j < k; j++) {
                    block[i * k + j] = alpha * a[offset + j * lda + from + i];
                }
            } else {
                elementwise.affine(a, offset + (from + i) * lda, alpha, 0, block, i * k, k, false);
            }
        }
        return block;
    }

    private static FMatrixRMaj matrix(int slot, float[] data, int offset, int stride, int rows, int columns) {
        if (offset == 0 && (stride == columns || rows <= 1)) {
            return wrap(data, rows, columns);
        }
        float[] copy = Scratch.get(slot, rows * columns);
        for (int i = 0; i < rows; i++) {
            System.arraycopy(data, offset + i * stride, copy, i * columns, columns);
        }
        return wrap(copy, rows, columns);
    }

    private static FMatrixRMaj wrap(float[] data, int rows, int columns) {
        FMatrixRMaj matrix = new FMatrixRMaj(1, 1);
        matrix.data = data;
        matrix.numRows = rows;
        matrix.numCols = columns;
        return matrix;
    }
}
