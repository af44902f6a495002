package org.rlr.tensor.cpu;

import org.jspecify.annotations.Nullable;
import org.rlr.tensor.backend.Activation;
import org.rlr.tensor.backend.Parallel;

/** General matrix product on row-major float arrays, used by linear layers and convolutions. */
interface Gemm {
    /**
     * {@code C (+)= alpha·op(A)·op(B)}, then {@code C = activation(C + bias)} if given.
     *
     * @param parallel the threads; {@link Parallel#SERIAL} inside a task
     * @param transA whether op(A) is the transpose; A is {@code m×k}, or {@code k×m} if transposed
     * @param transB whether op(B) is the transpose; B is {@code k×n}, or {@code n×k} if transposed
     * @param lda elements between rows of A as stored; likewise ldb, ldc
     * @param accumulate whether to add to C; must be false with a bias or an activation
     * @param bias one value per column of C, from {@code biasOffset}, or null
     * @param pre receives C + bias before the activation, or null; laid out like C from {@code preOffset} with row
     *     stride ldc
     */
    void gemm(
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
            int preOffset);

    /** The product without bias and activation. */
    default void gemm(
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
            int ldc) {
        gemm(
                parallel,
                transA,
                transB,
                m,
                n,
                k,
                alpha,
                a,
                aOffset,
                lda,
                b,
                bOffset,
                ldb,
                accumulate,
                c,
                cOffset,
                ldc,
                null,
                0,
                Activation.NONE,
                null,
                0);
    }

    /** Returns the elements of a packed right-hand matrix {@code k×n}; 0 if these kernels read it unpacked. */
    default int packedSize(int n, int k) {
        return 0;
    }

    /** Packs B, as stored {@code n×k} (transposed), so that {@link #gemmPacked} need not pack it again. */
    default void pack(int n, int k, float[] b, int bOffset, int ldb, float[] packed, int packedOffset) {
        throw new UnsupportedOperationException();
    }

    /** The reverse of {@link #pack}. */
    default void unpack(int n, int k, float[] packed, int packedOffset, float[] b, int bOffset, int ldb) {
        throw new UnsupportedOperationException();
    }

    /** {@code C = activation(A·B + bias)} with B packed by {@link #pack}; bit-identical to {@link #gemm}. */
    default void gemmPacked(
            Parallel parallel,
            int m,
            int n,
            int k,
            float[] a,
            int aOffset,
            int lda,
            float[] packed,
            int packedOffset,
            float[] c,
            int cOffset,
            int ldc,
            float @Nullable [] bias,
            int biasOffset,
            Activation activation,
            float @Nullable [] pre,
            int preOffset) {
        throw new UnsupportedOperationException();
    }

    /** Returns whether {@link #convolve} is supported. */
    default boolean convolves() {
        return false;
    }

    /**
     * A convolution without groups, {@code y = activation(conv(x, w) + bias)}, as a product that gathers its left rows
     * from the image while packing.
     *
     * @param packed whether w was packed by {@link #pack} as {@code n = outChannels}, {@code k = taps}
     */
    default void convolve(
            Parallel parallel,
            ConvShape s,
            float[] x,
            int xOffset,
            float[] w,
            int wOffset,
            boolean packed,
            float @Nullable [] bias,
            int biasOffset,
            Activation activation,
            float[] y,
            int yOffset) {
        throw new UnsupportedOperationException();
    }
}
