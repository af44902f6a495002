package org.rlr.cuda;

import static org.rlr.cuda.CudaStorage.address;

import org.jspecify.annotations.Nullable;
import org.rlr.tensor.backend.AttentionPattern;
import org.rlr.tensor.backend.Locality;
import org.rlr.tensor.backend.View;

/**
 * Attention on tensor cores: kernels/attention_window_*.cu for windows whose keys and values all images share,
 * kernels/attention_flash_*.cu otherwise. Factors are rounded to {@link Precision#TF32} or {@link Precision#BF16} when
 * they are read; sums, exponentials and results are float32.
 */
final class TensorCoreAttention {
    private static final int THREADS = 128;
    /** Tokens in a block of the flash kernels. */
    private static final int CHUNK = 64;
    /**
     * Images that form the rows of one product in the window kernels, and the fewest that are worth it: with fewer,
     * most rows would be padding.
     */
    private static final int IMAGES = 16;

    private static final int FEWEST_IMAGES = 8;
    /** HALO_WORDS, HALO_PIXELS and KEY_TILE of attention_window.cu. */
    private static final int HALO_WORDS = 10240;

    private static final int HALO_PIXELS = 432;
    private static final int KEY_TILE = 8;
    /**
     * Pixel tiles of the window kernels, largest first; grids below the limit skip the two largest, to get enough
     * blocks.
     */
    private static final int[][] TILES = {{8, 8}, {4, 8}, {4, 4}, {2, 4}, {2, 2}};

    private static final int SMALL_GRID = 1024;
    /** Alignment of addresses in bytes, for loads of four values. */
    private static final int ALIGNMENT = 16;

    private final CudaEngine engine;

    TensorCoreAttention(CudaEngine engine) {
        this.engine = engine;
    }

    /**
     * Whether these kernels support a call: head dimension 16, 32 or 64, a precision other than float32, and views
     * aligned to 16 bytes.
     */
    boolean takes(AttentionProblem p, View... views) {
        boolean takes = engine.precision() != Precision.FP32
                && p.images > 0
                && (p.headDim == 16 || p.headDim == 32 || p.headDim == 64);
        for (View view : views) {
            takes &= address(view) % ALIGNMENT == 0;
        }
        return takes;
    }

    void forward(AttentionProblem p, View q, View k, View v, View out, View lse) {
        int[] tile = tile(p);
        launch("", p, tile, q, k, v, 0, address(lse), 0, address(out), 0, queryBlocks(p, tile));
    }

    /** @param delta address of Σ dout·out of every query and head */
    void backward(
            AttentionProblem p, View q, View k, View v, View dout, View lse, long delta, View dq, View dk, View dv) {
        int[] tile = tile(p);
        launch("Queries", p, tile, q, k, v, address(dout), address(lse), delta, address(dq), 0, queryBlocks(p, tile));
        launch(
                "Keys",
                p,
                tile,
                q,
                k,
                v,
                address(dout),
                address(lse),
                delta,
                address(dk),
                address(dv),
                keyBlocks(p, tile));
    }

    /** The pixel tile (rows, columns) of the window kernels for a call; null if the flash kernels compute it. */
    int @Nullable [] tile(AttentionProblem p) {
        if (p.pattern.locality() != Locality.INSIDE || p.kImage != 0 || p.vImage != 0 || p.images < FEWEST_IMAGES) {
            return null;
        }
        // words of a row in shared memory, with the padding between rows
        int pitch = (engine.precision() == Precision.BF16 ? p.headDim / 2 : p.headDim) + 4;
        for (int i = p.pattern.tokens() < SMALL_GRID ? 2 : 0; i < TILES.length; i++) {
            long pixels = (TILES[i][0] + 2L * p.pattern.radius()) * (TILES[i][1] + 2L * p.pattern.radius()) + 1;
            if (pixels <= HALO_PIXELS && 2 * pixels * pitch <= HALO_WORDS) {
                return TILES[i];
            }
        }
        return null;
    }

    private static long queryBlocks(AttentionProblem p, int @Nullable [] tile) {
        long tiles = tile == null ? parts(p.pattern.tokens(), CHUNK) : tiles(p.pattern, tile[0], tile[1]);
        return tiles * p.pattern.heads() * (tile == null ? p.images : parts(p.images, IMAGES));
    }

    private static long keyBlocks(AttentionProblem p, int @Nullable [] tile) {
        if (tile != null) {
            return tiles(p.pattern, KEY_TILE, KEY_TILE) * p.pattern.heads();
        }
        boolean together = p.kImage == 0 || p.vImage == 0;
        return parts(p.keys, CHUNK) * p.pattern.heads() * (together ? 1 : p.images);
    }

    private static long tiles(AttentionPattern pattern, int rows, int columns) {
        return parts(pattern.height(), rows) * parts(pattern.width(), columns);
    }

    private static long parts(int n, int size) {
        return (n + size - 1L) / size;
    }

    private void launch(
            String pass,
            AttentionProblem p,
            int @Nullable [] tile,
            View q,
            View k,
            View v,
            long dout,
            long lse,
            long delta,
            long first,
            long second,
            long blocks) {
        String file = "attention_" + (tile == null ? "flash_" : "window_")
                + engine.precision().word();
        String kernel = "attention" + (tile == null ? "Flash" : "Window") + pass + p.headDim;
        AttentionPattern pattern = p.pattern;
        engine.kernel(file, kernel)
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
                .put(tile == null ? 0 : tile[0])
                .put(tile == null ? 0 : tile[1])
                .run(blocks, 1, THREADS);
    }
}
