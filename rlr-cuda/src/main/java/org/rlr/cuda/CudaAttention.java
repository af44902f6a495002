package org.rlr.cuda;

import static org.rlr.cuda.CudaStorage.address;

import org.rlr.tensor.backend.AttentionPattern;
import org.rlr.tensor.backend.View;

/**
 * Attention on a grid. In order of preference: tensor cores, if the precision and {@link TensorCoreAttention#takes}
 * allow; kernels/attention_tiled.cu in float32 for head dimensions up to 64; the plain kernels/attention.cu for larger
 * ones.
 */
final class CudaAttention {
    private static final String FILE = "attention";
    private static final String TILED_FILE = "attention_tiled";
    /** The longest row of a tile, and the rows of a tile. */
    private static final int MOST_TILED = 64;

    private static final int TILE = 32;

    private final CudaEngine engine;
    private final boolean plain;
    private final TensorCoreAttention tensorCores;

    /** @param plain whether to use the plain kernels only */
    CudaAttention(CudaEngine engine, boolean plain) {
        this.engine = engine;
        this.plain = plain;
        tensorCores = new TensorCoreAttention(engine);
    }

    private boolean tiled(AttentionProblem p) {
        return !plain && p.headDim <= MOST_TILED && p.images > 0;
    }

    void forward(View q, View k, View v, AttentionPattern pattern, View out, View lse) {
        AttentionProblem p = new AttentionProblem(q, k, v, pattern);
        if (!plain && tensorCores.takes(p, q, k, v, out)) {
            tensorCores.forward(p, q, k, v, out, lse);
            return;
        }
        if (tiled(p)) {
            tiles("attentionTiled", p, q, k, v, 0, address(lse), 0, address(out), 0, p.images, pattern.tokens());
            return;
        }
        engine.kernel(FILE, "attention")
                .launch()
                .pointer(address(q))
                .pointer(address(k))
                .pointer(address(v))
                .pointer(address(out))
                .pointer(address(lse))
                .put(p.images)
                .put(pattern.heads())
                .put(p.headDim)
                .put(pattern.height())
                .put(pattern.width())
                .put(p.keys)
                .put(pattern.radius())
                .put(CudaEngine.code(pattern.locality()))
                .put(p.kImage)
                .put(p.vImage)
                .put(p.scale)
                .runWarps(p.rows());
    }

    void backward(
            View q,
            View k,
            View v,
            View out,
            View lse,
            View dout,
            AttentionPattern pattern,
            View dq,
            View dk,
            View dv) {
        AttentionProblem p = new AttentionProblem(q, k, v, pattern);
        engine.withWorkspace(4 * p.rows(), delta -> {
            engine.kernel(FILE, "attentionDelta")
                    .launch()
                    .pointer(address(dout))
                    .pointer(address(out))
                    .pointer(delta.address())
                    .put(p.images)
                    .put(pattern.heads())
                    .put(p.headDim)
                    .put(pattern.tokens())
                    .runWarps(p.rows());
            if (!plain && tensorCores.takes(p, q, k, v, dout, dq, dk, dv)) {
                tensorCores.backward(p, q, k, v, dout, lse, delta.address(), dq, dk, dv);
                return;
            }
            if (tiled(p)) {
                boolean together = p.kImage == 0 || p.vImage == 0;
                tiles(
                        "attentionTiledQueries",
                        p,
                        q,
                        k,
                        v,
                        address(dout),
                        address(lse),
                        delta.address(),
                        address(dq),
                        0,
                        p.images,
                        pattern.tokens());
                tiles(
                        "attentionTiledKeys",
                        p,
                        q,
                        k,
                        v,
                        address(dout),
                        address(lse),
                        delta.address(),
                        address(dk),
                        address(dv),
                        together ? 1 : p.images,
                        p.keys);
                return;
            }
            gradient("attentionQueries", p, q, k, v, dout, lse, delta.address(), dq, false, false);
            gradient("attentionKeys", p, q, k, v, dout, lse, delta.address(), dk, p.kImage == 0, false);
            gradient("attentionKeys", p, q, k, v, dout, lse, delta.address(), dv, p.vImage == 0, true);
        });
    }

    /**
     * Launches a block of 256 threads for each tile of {@code rows} queries or keys, each head and each of
     * {@code images}.
     */
    private void tiles(
            String kernel,
            AttentionProblem p,
            View q,
            View k,
            View v,
            long dout,
            long lse,
            long delta,
            long first,
            long second,
            int images,
            int rows) {
        AttentionPattern pattern = p.pattern;
        long blocks = (long) ((rows + TILE - 1) / TILE) * pattern.heads() * images;
        engine.kernel(TILED_FILE, kernel)
                .launch()
                .pointer(address(q))
                .pointer(address(k))
                .pointer(address(v))
                .pointer(dout)
                .pointer(lse)
                .pointer(delta)
                .pointer(first)
                .pointer(second)
                .put(p.images)
                .put(pattern.heads())
                .put(p.headDim)
                .put(pattern.height())
                .put(pattern.width())
                .put(p.keys)
                .put(pattern.radius())
                .put(CudaEngine.code(pattern.locality()))
                .put(p.kImage)
                .put(p.vImage)
                .put(p.scale)
                .run(blocks, 1, 256);
    }

    private void gradient(
            String kernel,
            AttentionProblem p,
            View q,
            View k,
            View v,
            View dout,
            View lse,
            long delta,
            View result,
            boolean shared,
            boolean values) {
        AttentionPattern pattern = p.pattern;
        long warps = result.elements() / Math.max(1, p.headDim);
        engine.kernel(FILE, kernel)
                .launch()
                .pointer(address(q))
                .pointer(address(k))
                .pointer(address(v))
                .pointer(address(dout))
                .pointer(address(lse))
                .pointer(delta)
                .pointer(address(result))
                .put(p.images)
                .put(pattern.heads())
                .put(p.headDim)
                .put(pattern.height())
                .put(pattern.width())
                .put(p.keys)
                .put(pattern.radius())
                .put(CudaEngine.code(pattern.locality()))
                .put(p.kImage)
                .put(p.vImage)
                .put(p.scale)
                .put(shared)
                .put(values)
                .runWarps(warps);
    }
}
