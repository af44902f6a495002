package org.rlr.tensor.cpu;

import java.util.Arrays;
import org.rlr.tensor.backend.View;

/** Layer normalisation. */
final class CpuNormalization {
    /** Rows that one partial sum of the parameters' gradients takes in, at least. */
    private static final int CHUNK_ROWS = 32;
    /** Partial sums, at most. */
    private static final int CHUNKS = 64;

    private final ElementwiseKernels elementwise;
    private final RowKernels rows;
    private final Parallel parallel;

    CpuNormalization(ElementwiseKernels elementwise, RowKernels rows, Parallel parallel) {
        this.elementwise = elementwise;
        this.rows = rows;
        this.parallel = parallel;
    }

    void forward(View x, View gamma, View beta, float eps, View y, View mean, View rstd) {
        int n = x.shape().last();
        float[] xs = CpuStorage.array(x);
        float[] gammas = CpuStorage.array(gamma);
        float[] betas = CpuStorage.array(beta);
        float[] ys = CpuStorage.array(y);
        float[] means = CpuStorage.array(mean);
        float[] rstds = CpuStorage.array(rstd);
        parallel.forRange(x.shape().rows(), Math.max(1, CpuElementwise.HEAVY_GRAIN / Math.max(1, n)), (from, to) -> {
            for (int i = from; i < to; i++) {
                rows.layerNorm(xs, x.offset() + i * n, gammas, gamma.offset(), betas, beta.offset(), eps, ys, y.offset() + i * n,
                        means, mean.offset() + i, rstds, rstd.offset() + i, n);
            }
        });
    }

    void backward(View x, View gamma, View mean, View rstd, View dy, View dx, boolean accumulate, View dgamma, View dbeta) {
        int n = x.shape().last();
        int height = x.shape().rows();
        if (height == 0) {
            return;
        }
        float[] xs = CpuStorage.array(x);
        float[] gammas = CpuStorage.array(gamma);
        float[] means = CpuStorage.array(mean);
        float[] rstds = CpuStorage.array(rstd);
        float[] dys = CpuStorage.array(dy);
        float[] dxs = CpuStorage.array(dx);
        // cut by size alone and added in order, so that the gradients do not depend on threads
        int chunks = Math.max(1, Math.min(CHUNKS, height / CHUNK_ROWS));
        int size = (height + chunks - 1) / chunks;
        float[] partial = Scratch.get(Scratch.PARTIAL, chunks * 2 * n);
        Arrays.fill(partial, 0, chunks * 2 * n, 0);
        parallel.forEach(chunks, c -> {
            int sums = c * 2 * n;
            for (int i = c * size; i < Math.min(height, (c + 1) * size); i++) {
                rows.layerNormBackward(xs, x.offset() + i * n, gammas, gamma.offset(), means[mean.offset() + i], rstds[rstd.offset() + i],
                        dys, dy.offset() + i * n, dxs, dx.offset() + i * n, n, accumulate, partial, sums, partial, sums + n);
            }
        });
        float[] dgammas = CpuStorage.array(dgamma);
        float[] dbetas = CpuStorage.array(dbeta);
        for (int c = 0; c < chunks; c++) {
            elementwise.copy(partial, c * 2 * n, dgammas, dgamma.offset(), n, true);
            elementwise.copy(partial, c * 2 * n + n, dbetas, dbeta.offset(), n, true);
        }
    }
}
