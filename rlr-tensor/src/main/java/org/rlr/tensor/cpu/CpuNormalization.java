package org.rlr.tensor.cpu;

import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.rlr.tensor.backend.Parallel;
import org.rlr.tensor.backend.View;

/** Layer normalisation, of a tensor or of a weighted sum of several. */
final class CpuNormalization {
    /** Minimum rows per partial sum of the parameters' gradients. */
    private static final int CHUNK_ROWS = 32;
    /** Maximum number of partial sums. */
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
                rows.layerNorm(
                        xs,
                        x.offset() + i * n,
                        gammas,
                        gamma.offset(),
                        betas,
                        beta.offset(),
                        eps,
                        ys,
                        y.offset() + i * n,
                        means,
                        mean.offset() + i,
                        rstds,
                        rstd.offset() + i,
                        n);
            }
        });
    }

    void forwardOfSum(
            List<View> xs,
            float[] weights,
            View gamma,
            View beta,
            float eps,
            @Nullable View sum,
            View y,
            View mean,
            View rstd) {
        int n = y.shape().last();
        float[][] inputs = xs.stream().map(CpuStorage::array).toArray(float[][]::new);
        // if the sum is not needed, the result's row holds it temporarily
        View kept = sum == null ? y : sum;
        float[] sums = CpuStorage.array(kept);
        float[] gammas = CpuStorage.array(gamma);
        float[] betas = CpuStorage.array(beta);
        float[] ys = CpuStorage.array(y);
        float[] means = CpuStorage.array(mean);
        float[] rstds = CpuStorage.array(rstd);
        parallel.forRange(y.shape().rows(), Math.max(1, CpuElementwise.HEAVY_GRAIN / Math.max(1, n)), (from, to) -> {
            for (int i = from; i < to; i++) {
                int at = kept.offset() + i * n;
                for (int j = 0; j < inputs.length; j++) {
                    elementwise.affine(inputs[j], xs.get(j).offset() + i * n, weights[j], 0, sums, at, n, j > 0);
                }
                rows.layerNorm(
                        sums,
                        at,
                        gammas,
                        gamma.offset(),
                        betas,
                        beta.offset(),
                        eps,
                        ys,
                        y.offset() + i * n,
                        means,
                        mean.offset() + i,
                        rstds,
                        rstd.offset() + i,
                        n);
            }
        });
    }

    void backwardOfSum(
            View sum,
            float[] weights,
            View gamma,
            View mean,
            View rstd,
            View dy,
            List<@Nullable View> dxs,
            boolean[] accumulate,
            View dgamma,
            View dbeta) {
        int n = sum.shape().last();
        int height = sum.shape().rows();
        if (height == 0) {
            return;
        }
        float[] xs = CpuStorage.array(sum);
        float[] gammas = CpuStorage.array(gamma);
        float[] means = CpuStorage.array(mean);
        float[] rstds = CpuStorage.array(rstd);
        float[] dys = CpuStorage.array(dy);
        float[][] gradients =
                dxs.stream().map(dx -> dx == null ? null : CpuStorage.array(dx)).toArray(float[][]::new);
        boolean alone = gradients.length == 1 && gradients[0] != null && weights[0] == 1;
        // split by size only and added in order, so that the gradients do not depend on threads
        int chunks = Math.max(1, Math.min(CHUNKS, height / CHUNK_ROWS));
        int size = (height + chunks - 1) / chunks;
        float[] partial = Scratch.get(Scratch.PARTIAL, chunks * 2 * n);
        Arrays.fill(partial, 0, chunks * 2 * n, 0);
        parallel.forEach(chunks, c -> {
            int sums = c * 2 * n;
            float[] row = alone ? gradients[0] : Scratch.get(Scratch.ROW_GRADIENT, n);
            for (int i = c * size; i < Math.min(height, (c + 1) * size); i++) {
                rows.layerNormBackward(
                        xs,
                        sum.offset() + i * n,
                        gammas,
                        gamma.offset(),
                        means[mean.offset() + i],
                        rstds[rstd.offset() + i],
                        dys,
                        dy.offset() + i * n,
                        row,
                        alone ? dxs.get(0).offset() + i * n : 0,
                        n,
                        alone && accumulate[0],
                        partial,
                        sums,
                        partial,
                        sums + n);
                for (int j = 0; !alone && j < gradients.length; j++) {
                    if (gradients[j] != null) {
                        elementwise.affine(
                                row, 0, weights[j], 0, gradients[j], dxs.get(j).offset() + i * n, n, accumulate[j]);
                    }
                }
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
