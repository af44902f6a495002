package org.rlr.tensor.cpu;

import org.rlr.tensor.backend.Activation;

/** General matrix product on row-major float arrays: the engine of linear layers and convolutions. */
interface Gemm {
    /**
     * {@code C (+)= alpha·op(A)·op(B)}, then {@code C = activation(C + bias)} where those are given.
     *
     * @param parallel   over which threads; {@link Parallel#SERIAL} inside a task
     * @param transA     whether op(A) is the transpose; A is {@code m×k}, or {@code k×m} where transposed
     * @param transB     whether op(B) is the transpose; B is {@code k×n}, or {@code n×k} where transposed
     * @param lda        elements between rows of A as stored; likewise ldb, ldc
     * @param accumulate whether to add to C; must be false with a bias or an activation
     * @param bias       one value per column of C, from {@code biasOffset}; or null
     * @param pre        receives C + bias before the activation, laid out as C from {@code preOffset} with row stride ldc; or null
     */
    void gemm(Parallel parallel, boolean transA, boolean transB, int m, int n, int k, float alpha,
            float[] a, int aOffset, int lda, float[] b, int bOffset, int ldb,
            boolean accumulate, float[] c, int cOffset, int ldc,
            float[] bias, int biasOffset, Activation activation, float[] pre, int preOffset);

    /** The product alone: no bias, no activation. */
    default void gemm(Parallel parallel, boolean transA, boolean transB, int m, int n, int k, float alpha,
            float[] a, int aOffset, int lda, float[] b, int bOffset, int ldb,
            boolean accumulate, float[] c, int cOffset, int ldc) {
        gemm(parallel, transA, transB, m, n, k, alpha, a, aOffset, lda, b, bOffset, ldb, accumulate, c, cOffset, ldc,
                null, 0, Activation.NONE, null, 0);
    }
}
