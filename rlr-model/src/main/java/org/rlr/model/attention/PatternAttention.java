package org.rlr.model.attention;

import org.jspecify.annotations.Nullable;
import org.rlr.model.config.LevelConfig;
import org.rlr.tensor.ResourceException;
import org.rlr.tensor.Tensor;
import org.rlr.tensor.autograd.Functions;
import org.rlr.tensor.autograd.FusedFunctions;
import org.rlr.tensor.backend.AttentionPattern;
import org.rlr.tensor.backend.Locality;

/**
 * Multi-head attention over a token grid with any {@link GridPattern}: {@code softmax(q·kᵀ/√(d/heads))·v} over the keys
 * that a query may attend to, with gradients on every backend. A query without allowed keys gets a zero vector and no
 * gradient (RLR §6).
 *
 * <p>The patterns {@link GridPattern#all}, {@link GridPattern#inside} and {@link GridPattern#outside} run on the
 * backend's own kernels, whose memory is linear in the number L of tokens. Any other pattern is composed of tensor
 * operations. It keeps an L×L matrix (4·L² bytes) in the Java heap, copies it to the device in each call, and allocates
 * three matrices of N·heads·L² values there, which a scope with a tape keeps until it is closed. It computes whole rows
 * of scores, however few keys are allowed. The matrix takes 0.3 MB at 16×16 tokens, 4 MB at 32×32 and 67 MB at 64×64.
 * Safe for use by several threads.
 */
public final class PatternAttention {
    /**
     * Finite, so that the softmax of a row of only this value is defined; large enough to absorb any score, and its
     * exponential beside an allowed score is 0.
     */
    private static final float FORBIDDEN = -1e30f;
    /** Length of the longest array. */
    private static final int MOST_VALUES = Integer.MAX_VALUE - 8;

    private final int heads;
    /** The pattern for the kernels; if they do not support it, only its shapes are used. */
    private final AttentionPattern grid;

    /** Null if the kernels support the pattern. */
    private final float @Nullable [] mask;
    /** Null if the kernels support the pattern or every query attends to some key. */
    private final float @Nullable [] attending;

    /**
     * Creates attention over the token grid of a level.
     *
     * @param pattern the keys that a query may attend to; evaluated here for every pair of positions, unless the
     *     kernels support it
     * @param level heads and grid
     * @throws ResourceException if the level has so many tokens that an array cannot hold L² values
     */
    public PatternAttention(GridPattern pattern, LevelConfig level) {
        this(pattern, level.heads(), level.gridHeight(), level.gridWidth(), true);
    }

    /** @param kernels whether to use the backend's kernels if they support the pattern */
    PatternAttention(GridPattern pattern, int heads, int height, int width, boolean kernels) {
        this.heads = heads;
        if (kernels && pattern instanceof WindowPattern window) {
            grid = window.on(heads, height, width);
            mask = null;
            attending = null;
            return;
        }
        grid = new AttentionPattern(heads, height, width, 1, Locality.INSIDE);
        int tokens = grid.tokens();
        if ((long) tokens * tokens > MOST_VALUES) {
            throw new ResourceException(
                    ResourceException.Resource.MEMORY,
                    "an attention pattern over a grid of " + width + "×" + height + " tokens needs a matrix of "
                            + (long) tokens * tokens + " values, more than an array holds",
                    "lower `imageSize`, omit the level from `levels`, or choose a block with window attention",
                    null);
        }
        float[] scores = new float[tokens * tokens];
        float[] any = new float[tokens];
        boolean each = true;
        for (int q = 0; q < tokens; q++) {
            for (int k = 0; k < tokens; k++) {
                boolean allowed = pattern.allows(q / width, q % width, k / width, k % width);
                scores[q * tokens + k] = allowed ? 0 : FORBIDDEN;
                any[q] = allowed ? 1 : any[q];
            }
            each &= any[q] == 1;
        }
        mask = scores;
        attending = each ? null : any;
    }

    /**
     * Computes attention; the caller applies the projections.
     *
     * @param q queries {@code [N, L, d]}; L is the number of grid positions, d a multiple of the heads
     * @param k keys {@code [N or 1, L, d]}; batch 1 is shared by all images, such as the keys of a reference
     * @param v values {@code [N or 1, L, d]}
     * @return {@code [N, L, d]}
     * @throws IllegalArgumentException if the shapes do not fit each other or the grid
     */
    public Tensor attend(Tensor q, Tensor k, Tensor v) {
        float[] added = mask;
        if (added == null) {
            return FusedFunctions.attention(q, k, v, grid);
        }
        grid.requireFits(q.shape(), k.shape(), v.shape());
        int n = q.dim(0);
        int tokens = q.dim(1);
        int d = q.dim(2);
        int headWidth = d / heads;
        // Heads are the first axis, so that one product joins the queries of all images with shared keys or values.
        Tensor scaled = q.affine((float) (1 / Math.sqrt(headWidth)), 0);
        Tensor scores = shaped(product(byHead(scaled), byHead(k), true), heads, n, tokens, tokens);
        Tensor masked = after(scores, scores.add(Tensor.of(added, tokens, tokens)));
        Tensor weights = after(masked, masked.softmax());
        Tensor y = shaped(after(weights, product(weights, byHead(v), false)), heads, n, tokens, headWidth);
        if (attending != null) {
            y = y.mul(Tensor.of(attending, tokens, 1));
        }
        return y.permute(1, 2, 0, 3).reshape(n, tokens, d);
    }

    /** {@code [N, L, d] → [heads, N, L, d/heads]}. */
    private Tensor byHead(Tensor x) {
        return x.reshape(x.dim(0), x.dim(1), heads, x.dim(2) / heads).permute(2, 0, 1, 3);
    }

    /** Matrix products of {@code [heads, N, …]} with {@code [heads, N or 1, …]}. */
    private Tensor product(Tensor a, Tensor b, boolean transposed) {
        if (b.dim(1) == a.dim(1)) {
            return Functions.matmul(a, false, b, transposed);
        }
        Tensor rows = a.reshape(heads, a.dim(1) * a.dim(2), a.dim(3));
        return after(rows, Functions.matmul(rows, false, b.reshape(heads, b.dim(2), b.dim(3)), transposed));
    }

    private static Tensor shaped(Tensor x, int... extents) {
        return after(x, x.reshape(extents));
    }

    /** Releases a large intermediate result early if no gradient needs it. */
    private static Tensor after(Tensor used, Tensor result) {
        if (!result.requiresGrad()) {
            used.close();
        }
        return result;
    }
}
