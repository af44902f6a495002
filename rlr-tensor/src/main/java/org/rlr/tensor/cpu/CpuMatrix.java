package org.rlr.tensor.cpu;

import org.jspecify.annotations.Nullable;
import org.rlr.tensor.Shape;
import org.rlr.tensor.backend.Activation;
import org.rlr.tensor.backend.Parallel;
import org.rlr.tensor.backend.View;

/** Matrix products over batches, and linear layers. */
final class CpuMatrix {
    /** Products with fewer multiplications are parallelised over batches instead of within a product. */
    private static final long SMALL = 1L << 22;

    private final Gemm gemm;
    private final CpuElementwise elementwise;
    private final Parallel parallel;

    CpuMatrix(Gemm gemm, CpuElementwise elementwise, Parallel parallel) {
        this.gemm = gemm;
        this.elementwise = elementwise;
        this.parallel = parallel;
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
        if (batches == 0) {
            if (summedC && !accumulate) {
                elementwise.fill(c, 0);
            }
            return;
        }
        if (sharedB && !transA && (!summedC || batches == 1)) {
            product(a, 0, false, b, 0, transB, alpha, c, 0, accumulate, batches * m, n, k, parallel);
        } else if (summedC && transA && !transB && (!sharedB || batches == 1)) {
            product(a, 0, true, b, 0, false, alpha, c, 0, accumulate, m, n, batches * k, parallel);
        } else if (summedC) {
            for (int i = 0; i < batches; i++) {
                product(
                        a,
                        i * m * k,
                        transA,
                        b,
                        sharedB ? 0 : i * k * n,
                        transB,
                        alpha,
                        c,
                        0,
                        accumulate || i > 0,
                        m,
                        n,
                        k,
                        parallel);
            }
        } else if (batches > 1 && (long) m * n * k < SMALL) {
            parallel.forEach(
                    batches,
                    i -> product(
                            a,
                            i * m * k,
                            transA,
                            b,
                            sharedB ? 0 : i * k * n,
                            transB,
                            alpha,
                            c,
                            i * m * n,
                            accumulate,
                            m,
                            n,
                            k,
                            Parallel.SERIAL));
        } else {
            for (int i = 0; i < batches; i++) {
                product(
                        a,
                        i * m * k,
                        transA,
                        b,
                        sharedB ? 0 : i * k * n,
                        transB,
                        alpha,
                        c,
                        i * m * n,
                        accumulate,
                        m,
                        n,
                        k,
                        parallel);
            }
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
                    "cannot multiply shapes " + a + " and " + b + " (after transposition) into shape " + c);
        }
    }

    private void product(
            View a,
            int aFrom,
            boolean transA,
            View b,
            int bFrom,
            boolean transB,
            float alpha,
            View c,
            int cFrom,
            boolean accumulate,
            int m,
            int n,
            int k,
            Parallel over) {
        gemm.gemm(
                over,
                transA,
                transB,
                m,
                n,
                k,
                alpha,
                CpuStorage.array(a),
                a.offset() + aFrom,
                transA ? m : k,
                CpuStorage.array(b),
                b.offset() + bFrom,
                transB ? k : n,
                accumulate,
                CpuStorage.array(c),
                c.offset() + cFrom,
                n);
    }

    void linear(View x, View w, @Nullable View bias, Activation activation, @Nullable View pre, View y) {
        int out = w.shape().dim(0);
        int in = w.shape().last();
        if (x.shape().last() != in || y.shape().last() != out) {
            throw new IllegalArgumentException(
                    "no linear layer maps shape " + x.shape() + " to " + y.shape() + " with weights " + w.shape());
        }
        int rows = out == 0 ? 0 : y.elements() / out;
        float[] biases = bias == null ? null : CpuStorage.array(bias);
        int biasOffset = bias == null ? 0 : bias.offset();
        float[] pres = pre == null ? null : CpuStorage.array(pre);
        int preOffset = pre == null ? 0 : pre.offset();
        if (w.storage() instanceof PackedWeights) {
            gemm.gemmPacked(
                    parallel,
                    rows,
                    out,
                    in,
                    CpuStorage.array(x),
                    x.offset(),
                    in,
                    PackedWeights.array(w),
                    PackedWeights.offset(w),
                    CpuStorage.array(y),
                    y.offset(),
                    out,
                    biases,
                    biasOffset,
                    activation,
                    pres,
                    preOffset);
        } else {
            gemm.gemm(
                    parallel,
                    false,
                    true,
                    rows,
                    out,
                    in,
                    1,
                    CpuStorage.array(x),
                    x.offset(),
                    in,
                    CpuStorage.array(w),
                    w.offset(),
                    in,
                    false,
                    CpuStorage.array(y),
                    y.offset(),
                    out,
                    biases,
                    biasOffset,
                    activation,
                    pres,
                    preOffset);
        }
    }
}
