package org.rlr.cuda;

import static org.rlr.cuda.CudaStorage.address;

import org.rlr.tensor.backend.AttentionPattern;
import org.rlr.tensor.backend.Locality;
import org.rlr.tensor.backend.View;

/** Attention on a grid: kernels/attention_tiled.cu for the usual head dimensions, the plain kernels/attention.cu for larger ones. */
final class CudaAttention {
    private static final String FILE = "attention";
    private static final String TILED_FILE = "attention_tiled";
    /** What a tile's rows hold, and rows of a tile. */
    private static final int MOST_TILED = 64;
    private static final int TILE = 32;

    private final CudaEngine engine;
    private final boolean plain;

    /** @param plain whether to use the plain kernels only */
    CudaAttention(CudaEngine engine, boolean plain) {
        this.engine = engine;
        this.plain = plain;
    }

    private boolean tiled(Problem p) {
        return !plain && p.headDim <= MOST_TILED && p.images > 0;
    }

    void forward(View q, View k, View v, AttentionPattern pattern, View out, View lse) {
        Problem p = new Problem(q, k, v, pattern);
        if (tiled(p)) {
            tiles("attentionTiled", p, q, k, v, 0, address(lse), 0, address(out), 0, p.images, pattern.tokens());
            return;
        }
        engine.kernel(FILE, "attention").launch().pointer(address(q)).pointer(address(k)).pointer(address(v)).pointer(address(out))
                .pointer(address(lse)).put(p.images).put(pattern.heads()).put(p.headDim).put(pattern.height()).put(pattern.width()).put(p.keys)
                .put(pattern.radius()).put(pattern.locality().ordinal()).put(p.kImage).put(p.vImage).put(p.scale).runWarps(p.rows());
    }

    void backward(View q, View k, View v, View out, View lse, View dout, AttentionPattern pattern, View dq, View dk, View dv) {
        Problem p = new Problem(q, k, v, pattern);
        engine.withWorkspace(4 * p.rows(), delta -> {
            engine.kernel(FILE, "attentionDelta").launch().pointer(address(dout)).pointer(address(out)).pointer(delta.address()).put(p.images)
                    .put(pattern.heads()).put(p.headDim).put(pattern.tokens()).runWarps(p.rows());
            if (tiled(p)) {
                boolean together = p.kImage == 0 || p.vImage == 0;
                tiles("attentionTiledQueries", p, q, k, v, address(dout), address(lse), delta.address(), address(dq), 0, p.images, pattern.tokens());
                tiles("attentionTiledKeys", p, q, k, v, address(dout), address(lse), delta.address(), address(dk), address(dv),
                        together ? 1 : p.images, p.keys);
                return;
            }
            gradient("attentionQueries", p, q, k, v, dout, lse, delta.address(), dq, false, false);
            gradient("attentionKeys", p, q, k, v, dout, lse, delta.address(), dk, p.kImage == 0, false);
            gradient("attentionKeys", p, q, k, v, dout, lse, delta.address(), dv, p.vImage == 0, true);
        });
    }

    /** A block of 256 threads for each tile of {@code rows} queries or keys, for each head and each of {@code images}. */
    private void tiles(String kernel, Problem p, View q, View k, View v, long dout, long lse, long delta, long first, long second, int images, int rows) {
        AttentionPattern pattern = p.pattern;
        long blocks = (long) ((rows + TILE - 1) / TILE) * pattern.heads() * images;
        engine.kernel(TILED_FILE, kernel).launch().pointer(address(q)).pointer(address(k)).pointer(address(v)).pointer(dout).pointer(lse).pointer(delta)
                .pointer(first).pointer(second).put(p.images).put(pattern.heads()).put(p.headDim).put(pattern.height()).put(pattern.width()).put(p.keys)
                .put(pattern.radius()).put(pattern.locality().ordinal()).put(p.kImage).put(p.vImage).put(p.scale).run(blocks, 1, 256);
    }

    private void gradient(String kernel, Problem p, View q, View k, View v, View dout, View lse, long delta, View result, boolean shared, boolean values) {
        AttentionPattern pattern = p.pattern;
        long warps = result.elements() / Math.max(1, p.headDim);
        engine.kernel(FILE, kernel).launch().pointer(address(q)).pointer(address(k)).pointer(address(v)).pointer(address(dout)).pointer(address(lse))
                .pointer(delta).pointer(address(result)).put(p.images).put(pattern.heads()).put(p.headDim).put(pattern.height()).put(pattern.width())
                .put(p.keys).put(pattern.radius()).put(pattern.locality().ordinal()).put(p.kImage).put(p.vImage).put(p.scale).put(shared).put(values)
                .runWarps(warps);
    }

    /** The extents of one call. */
    private static final class Problem {
        final AttentionPattern pattern;
        final int images;
        final int keys;
        final int headDim;
        /** Values from one image's keys (values) to the next one's; 0 where all images share them. */
        final long kImage;
        final long vImage;
        final float scale;

        Problem(View q, View k, View v, AttentionPattern pattern) {
            this.pattern = pattern;
            images = q.shape().dim(0);
            int width = q.shape().dim(2);
            keys = k.shape().dim(1);
            headDim = width / pattern.heads();
            boolean sharedKeys = k.shape().dim(0) == 1;
            boolean sharedValues = v.shape().dim(0) == 1;
            kImage = sharedKeys ? 0 : (long) keys * width;
            vImage = sharedValues ? 0 : (long) keys * width;
            scale = (float) (1 / Math.sqrt(headDim));
            boolean fits = width % pattern.heads() == 0 && k.shape().dim(2) == width && v.shape().dim(2) == width && v.shape().dim(1) == keys
                    && q.shape().dim(1) == pattern.tokens() && (pattern.locality() == Locality.ALL || keys == pattern.tokens())
                    && (sharedKeys || k.shape().dim(0) == images) && (sharedValues || v.shape().dim(0) == images);
            if (!fits) {
                throw new IllegalArgumentException("attention: queries " + q.shape() + ", keys " + k.shape() + ", values " + v.shape()
                        + " do not go together with " + pattern);
            }
        }

        /** Queries of all images and heads. */
        long rows() {
            return (long) images * pattern.heads() * pattern.tokens();
        }
    }
}
