package org.rlr.cuda.lib;

import jcuda.CudaException;
import jcuda.Pointer;
import jcuda.cudaDataType;
import jcuda.jcublas.JCublas2;
import jcuda.jcublas.cublasComputeType;
import jcuda.jcublas.cublasGemmAlgo;
import jcuda.jcublas.cublasHandle;
import jcuda.jcublas.cublasOperation;
import jcuda.runtime.cudaStream_t;
import org.rlr.cuda.driver.Stream;
import org.rlr.tensor.ResourceException;

/** Matrix products by cuBLAS, with one handle on one stream, so that results are bit-identical. */
public final class Blas implements AutoCloseable {
    /** The type that the factors of a product are rounded to; sums stay in float32. */
    public enum Factors {
        /** No rounding. */
        FLOAT32(cublasComputeType.CUBLAS_COMPUTE_32F),
        /** TF32, with ten fraction bits. */
        TF32(cublasComputeType.CUBLAS_COMPUTE_32F_FAST_TF32),
        /** bf16, with seven fraction bits. */
        BF16(cublasComputeType.CUBLAS_COMPUTE_32F_FAST_16BF);

        private final int computeType;

        Factors(int computeType) {
            this.computeType = computeType;
        }
    }

    private static final int FLOAT = cudaDataType.CUDA_R_32F;
    private static final int ALGORITHM = cublasGemmAlgo.CUBLAS_GEMM_DEFAULT;

    private final Stream stream;
    private final int computeType;
    private final cublasHandle handle = new cublasHandle();

    /**
     * Starts cuBLAS on a stream.
     *
     * @param factors the type that tensor cores may round the factors to
     */
    public Blas(Stream stream, Factors factors) {
        this.stream = stream;
        computeType = factors.computeType;
        stream.context().enter();
        try {
            JCublas2.cublasCreate(handle);
            JCublas2.cublasSetStream(handle, new cudaStream_t(stream.handle()));
        } catch (CudaException e) {
            throw new ResourceException(
                    ResourceException.Resource.BACKEND,
                    "cuBLAS cannot start (" + e.getMessage() + ")",
                    "check that all installed CUDA libraries have the same version",
                    e);
        }
    }

    /** A row-major matrix, or one for each of a batch, {@code stride} values apart. */
    public record Matrix(Pointer pointer, int rowLength, long stride) {}

    /**
     * {@code c = alpha·op(a)·op(b) + beta·c} for each matrix of a batch, row-major; op optionally transposes; op(a) is
     * {@code m×k}, op(b) {@code k×n}. With beta 0, the previous contents of c are ignored.
     */
    public synchronized void multiply(
            boolean transA,
            boolean transB,
            int m,
            int n,
            int k,
            float alpha,
            Matrix a,
            Matrix b,
            float beta,
            Matrix c,
            int batches) {
        if (m == 0 || n == 0 || batches == 0) {
            return;
        }
        stream.context().enter();
        // cuBLAS is column-major: it reads each of our matrices as its transpose, and cᵀ = op(b)ᵀ·op(a)ᵀ
        int opA = transA ? cublasOperation.CUBLAS_OP_T : cublasOperation.CUBLAS_OP_N;
        int opB = transB ? cublasOperation.CUBLAS_OP_T : cublasOperation.CUBLAS_OP_N;
        Pointer one = Pointer.to(new float[] {alpha});
        Pointer other = Pointer.to(new float[] {beta});
        try {
            // JCuda's functions of the old names take a data type instead of the compute type
            if (batches == 1) {
                JCublas2.cublasGemmEx_new(
                        handle,
                        opB,
                        opA,
                        n,
                        m,
                        k,
                        one,
                        b.pointer,
                        FLOAT,
                        length(b),
                        a.pointer,
                        FLOAT,
                        length(a),
                        other,
                        c.pointer,
                        FLOAT,
                        length(c),
                        computeType,
                        ALGORITHM);
            } else {
                JCublas2.cublasGemmStridedBatchedEx_new(
                        handle,
                        opB,
                        opA,
                        n,
                        m,
                        k,
                        one,
                        b.pointer,
                        FLOAT,
                        length(b),
                        b.stride,
                        a.pointer,
                        FLOAT,
                        length(a),
                        a.stride,
                        other,
                        c.pointer,
                        FLOAT,
                        length(c),
                        c.stride,
                        batches,
                        computeType,
                        ALGORITHM);
            }
        } catch (CudaException e) {
            throw new ResourceException(
                    ResourceException.Resource.BACKEND,
                    "cuBLAS failed to multiply " + m + "x" + k + " by " + k + "x" + n + ": " + e.getMessage(),
                    "",
                    e);
        }
    }

    /** The leading dimension; cuBLAS refuses 0 even for an empty matrix. */
    private static int length(Matrix matrix) {
        return Math.max(1, matrix.rowLength);
    }

    @Override
    public void close() {
        stream.context().enter();
        JCublas2.cublasDestroy(handle);
    }
}
