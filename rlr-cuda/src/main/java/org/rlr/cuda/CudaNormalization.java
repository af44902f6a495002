package org.rlr.cuda;

import static org.rlr.cuda.CudaStorage.address;

import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.rlr.tensor.backend.View;

/** Layer normalisation of a tensor, or of a weighted sum of several: kernels/normalization.cu. */
final class CudaNormalization {
    private static final String FILE = "normalization";
    /** The fewest rows in a partial sum of the parameters' gradients, and the most partial sums. */
    private static final int CHUNK_ROWS = 64;

    private static final int CHUNKS = 64;

    /** The most terms of a sum in a kernel, and the most values of a row that a warp holds in registers. */
    private static final int TERMS = 6;

    private static final int WIDEST = 512;

    private final CudaEngine engine;
    private final CudaElementwise elementwise;

    CudaNormalization(CudaEngine engine, CudaElementwise elementwise) {
        this.engine = engine;
        this.elementwise = elementwise;
    }

    void forward(View x, View gamma, View beta, float eps, View y, View mean, View rstd) {
        if (x.shape().last() <= WIDEST) {
            forwardOfSum(List.of(x), new float[] {1}, gamma, beta, eps, null, y, mean, rstd);
            return;
        }
        int rows = x.shape().rows();
        engine.kernel(FILE, "layerNorm")
                .launch()
                .pointer(address(x))
                .pointer(address(gamma))
                .pointer(address(beta))
                .pointer(address(y))
                .pointer(address(mean))
                .pointer(address(rstd))
                .put(rows)
                .put(x.shape().last())
                .put(eps)
                .runWarps(rows);
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
        int rows = y.shape().rows();
        if (n > WIDEST || xs.size() > TERMS) {
            View kept = sum == null ? y : sum;
            elementwise.weightedSum(xs, weights, kept);
            forward(kept, gamma, beta, eps, y, mean, rstd);
            return;
        }
        engine.kernel(FILE, "layerNormOfSum")
                .launch()
                .pointers(addresses(xs, 0))
                .put(Arrays.copyOf(weights, TERMS))
                .put(xs.size())
                .pointer(address(gamma))
                .pointer(address(beta))
                .pointer(address(sum))
                .pointer(address(y))
                .pointer(address(mean))
                .pointer(address(rstd))
                .put(rows)
                .put(n)
                .put(eps)
                .runWarps(rows);
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
        int rows = sum.shape().rows();
        if (rows == 0) {
            return;
        }
        for (int from = 0; from < weights.length; from += TERMS) {
            int[] adds = new int[TERMS];
            for (int i = 0; i < Math.min(TERMS, weights.length - from); i++) {
                adds[i] = accumulate[from + i] ? 1 : 0;
            }
            engine.kernel(FILE, "layerNormOfSumBackward")
                    .launch()
                    .pointer(address(sum))
                    .pointer(address(gamma))
                    .pointer(address(mean))
                    .pointer(address(rstd))
                    .pointer(address(dy))
                    .pointers(addresses(dxs, from))
                    .put(Arrays.copyOfRange(weights, from, from + TERMS))
                    .put(adds)
                    .put(rows)
                    .put(n)
                    .runWarps(rows);
        }
        int chunks = Math.max(1, Math.min(CHUNKS, rows / CHUNK_ROWS));
        int chunkRows = (rows + chunks - 1) / chunks;
        engine.withWorkspace(4L * chunks * 2 * n, partial -> {
            engine.kernel(FILE, "layerNormParameters")
                    .launch()
                    .pointer(address(sum))
                    .pointer(address(mean))
                    .pointer(address(rstd))
                    .pointer(address(dy))
                    .pointer(partial.address())
                    .put(rows)
                    .put(n)
                    .put(chunkRows)
                    .run((n + 31) / 32, chunks, 256);
            engine.kernel(FILE, "addParameters")
                    .launch()
                    .pointer(partial.address())
                    .pointer(address(dgamma))
                    .pointer(address(dbeta))
                    .put(chunks)
                    .put(n)
                    .run(n);
        });
    }

    /** The addresses of the views that a kernel takes, 0 for none. */
    private static long[] addresses(List<? extends @Nullable View> views, int from) {
        long[] addresses = new long[TERMS];
        for (int i = 0; i < Math.min(TERMS, views.size() - from); i++) {
            addresses[i] = address(views.get(from + i));
        }
        return addresses;
    }
}
