package org.rlr.cuda;

import static org.rlr.cuda.CudaStorage.address;

import jcuda.Pointer;
import org.jspecify.annotations.Nullable;
import org.rlr.cuda.lib.Blas;
import org.rlr.tensor.Shape;
import org.rlr.tensor.backend.Activation;
import org.rlr.tensor.backend.View;

/** Batched matrix products by cuBLAS, and linear layers, with bias and activation by kernels/matrix.cu. */
final class CudaMatrix {
    private final CudaEngine engine;

    CudaMatrix(CudaEngine engine) {
        this.engine = engine;
    }

    void matmul(View a, boolean transA, View b, boolean transB, float alpha, View c, boolean accumulate) {
        int aRows = a.shape().dim(-2);
        int aColumns = a.shape().last();
        int m = transA ? aColumns : aRows;
        int k = transA ? aRows : aColumns;
        int n = transB ? b.shape().dim(-2) : b.shape().last();
        int batches = batches(a.shape());
        boolean sharedB = b.shape().rank() == 2;
        boolean summedC = c.shape().rank() == 2;
        check(a.shape(), b.shape(), c.shape(), m, n, k, transB, batches);
        float beta = accumulate ? 1 : 0;
        if (batches == 0) {
            if (summedC && !accumulate) {
                engine.kernel("elementwise", "fill")
                        .launch()
                        .pointer(address(c))
                        .put(0f)
                        .put(c.elements())
                        .run(c.elements());
            }
        } else if (sharedB && !transA && (!summedC || batches == 1)) {
            // one tall matrix
            engine.blas.multiply(
                    false,
                    transB,
                    batches * m,
                    n,
                    k,
                    alpha,
                    matrix(a, 0, k),
                    matrix(b, 0, transB ? k : n),
                    beta,
                    matrix(c, 0, n),
                    1);
        } else if (summedC && transA && !transB && (!sharedB || batches == 1)) {
            // one product over the rows of all batches
            engine.blas.multiply(
                    true, false, m, n, batches * k, alpha, matrix(a, 0, m), matrix(b, 0, n), beta, matrix(c, 0, n), 1);
        } else if (summedC) {
            for (int i = 0; i < batches; i++) {
                engine.blas.multiply(
                        transA,
                        transB,
                        m,
                        n,
                        k,
                        alpha,
                        matrix(a, i * m * k, transA ? m : k),
                        matrix(b, sharedB ? 0 : i * k * n, transB ? k : n),
                        i > 0 ? 1 : beta,
                        matrix(c, 0, n),
                        1);
            }
        } else {
            engine.blas.multiply(
                    transA,
                    transB,
                    m,
                    n,
                    k,
                    alpha,
                    new Blas.Matrix(pointer(a, 0), transA ? m : k, (long) m * k),
                    new Blas.Matrix(pointer(b, 0), transB ? k : n, sharedB ? 0 : (long) k * n),
                    beta,
                    new Blas.Matrix(pointer(c, 0), n, (long) m * n),
                    batches);
        }
    }

    private static int batches(Shape shape) {
        return shape.span(0, shape.rank() - 2);
    }

    private static void check(Shape a, Shape b, Shape c, int m, int n, int k, boolean transB, int batches) {
        boolean inner = (transB ? b.last() : b.dim(-2)) == k;
        boolean result = c.dim(-2) == m && c.last() == n;
        boolean leading = (b.rank() == 2 || batches(b) == batches) && (c.rank() == 2 || batches(c) == batches);
        if (!inner || !result || !leading) {
            throw new IllegalArgumentException(
                    "cannot multiply shapes " + a + " and " + b + " (transposed if requested) into shape " + c);
        }
    }

    private static Pointer pointer(View view, int from) {
        return CudaStorage.buffer(view).pointer(4L * (view.offset() + (long) from));
    }

    private static Blas.Matrix matrix(View view, int from, int rowLength) {
        return new Blas.Matrix(pointer(view, from), rowLength, 0);
    }

    void linear(View x, View w, @Nullable View bias, Activation activation, @Nullable View pre, View y) {
        int out = w.shape().dim(0);
        int in = w.shape().last();
        if (x.shape().last() != in || y.shape().last() != out) {
            throw new IllegalArgumentException(
                    "weights " + w.shape() + " do not map shape " + x.shape() + " to " + y.shape());
        }
        int rows = out == 0 ? 0 : y.elements() / out;
        engine.blas.multiply(
                false, true, rows, out, in, 1, matrix(x, 0, in), matrix(w, 0, in), 0, matrix(y, 0, out), 1);
        biasActivation(y, bias, activation, pre);
    }

    /** {@code y = activation(y + bias)} over the last axis; bias may be null. If pre is given, it receives the sum. */
    void biasActivation(View y, @Nullable View bias, Activation activation, @Nullable View pre) {
        if (bias != null || activation != Activation.NONE || pre != null) {
            engine.kernel("matrix", "biasActivation")
                    .launch()
                    .pointer(address(y))
                    .pointer(address(bias))
                    .pointer(address(pre))
                    .pointer(address(y))
                    .put(y.elements())
                    .put(y.shape().last())
                    .put(code(activation))
                    .run(y.elements());
        }
    }

    /** The number of an activation in kernels. */
    static int code(Activation activation) {
        return activation == Activation.NONE ? -1 : CudaEngine.code(activation.op());
    }
}
