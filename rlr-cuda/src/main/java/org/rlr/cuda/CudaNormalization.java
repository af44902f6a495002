package org.rlr.cuda;

import static org.rlr.cuda.CudaStorage.address;

import org.rlr.tensor.backend.View;

/** Layer normalisation: kernels/normalization.cu. */
final class CudaNormalization {
    private static final String FILE = "normalization";
    /** Rows of a partial sum of the parameters' gradients, at least, and partial sums at most. */
    private static final int CHUNK_ROWS = 64;
    private static final int CHUNKS = 64;

    private final CudaEngine engine;

    CudaNormalization(CudaEngine engine) {
        this.engine = engine;
    }

    void forward(View x, View gamma, View beta, float eps, View y, View mean, View rstd) {
        int rows = x.shape().rows();
        engine.kernel(FILE, "layerNorm").launch().pointer(address(x)).pointer(address(gamma)).pointer(address(beta)).pointer(address(y))
                .pointer(address(mean)).pointer(address(rstd)).put(rows).put(x.shape().last()).put(eps).runWarps(rows);
    }

    void backward(View x, View gamma, View mean, View rstd, View dy, View dx, boolean accumulate, View dgamma, View dbeta) {
        int n = x.shape().last();
        int rows = x.shape().rows();
        if (rows == 0) {
            return;
        }
        engine.kernel(FILE, "layerNormBackward").launch().pointer(address(x)).pointer(address(gamma)).pointer(address(mean)).pointer(address(rstd))
                .pointer(address(dy)).pointer(address(dx)).put(rows).put(n).put(accumulate).runWarps(rows);
        int chunks = Math.max(1, Math.min(CHUNKS, rows / CHUNK_ROWS));
        int chunkRows = (rows + chunks - 1) / chunks;
        engine.withWorkspace(4L * chunks * 2 * n, partial -> {
            engine.kernel(FILE, "layerNormParameters").launch().pointer(address(x)).pointer(address(mean)).pointer(address(rstd)).pointer(address(dy))
                    .pointer(partial.address()).put(rows).put(n).put(chunkRows).run((n + 31) / 32, chunks, 256);
            engine.kernel(FILE, "addParameters").launch().pointer(partial.address()).pointer(address(dgamma)).pointer(address(dbeta)).put(chunks).put(n)
                    .run(n);
        });
    }
}
