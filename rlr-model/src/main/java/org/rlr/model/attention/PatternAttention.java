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
 * Multi-head attention over a token grid by any {@link GridPattern}, {@code softmax(q·kᵀ/√(d/heads))·v} over the keys
 * that a query may attend to, with gradients on every backend. A query that may attend to nothing gets a zero vector
 * and gives no gradient (RLR §6).
 *
 * <p>Patterns of {@link GridPattern#all}, {@link GridPattern#inside} and {@link GridPattern#outside} run on the
 * backend's own kernels, whose memory grows with the number L of tokens. Any other is composed of tensor operations: it
 * keeps an L×L matrix, 4·L² bytes in the Java heap, sends it to the device at each call, and makes three of N·heads·L²
 * values there, which a scope with a tape keeps until it is closed; a whole row of scores is computed however few keys
 * are allowed. At 16×16 tokens a matrix has 0.3 MB, at 32×32 4 MB, at 64×64 67 MB. May be used by several threads at
 * once.
 */
public final class PatternAttention {
    /**
     * Finite, so that a row of nothing else has a softmax; large enough that any score is absorbed, and its exponential
     * beside an allowed one is 0.
     */
    private static final float FORBIDDEN = -1e30f;
    /** The longest array. */
    private static final int MOST_VALUES = Integer.MAX_VALUE - 8;

    private final int heads;
    /** For the kernels where they know the pattern; else only the shapes are held to it. */
    private final AttentionPattern grid;

    /** Null where the kernels know the pattern. */
    private final float @Nullable [] mask;
    /** Null, too, where every query attends to some key. */
    private final float @Nullable [] attending;

    /**
     * Attention over the grid of a level with its heads.
     *
     * @param pattern which keys a query may attend to; asked now for every pair of positions, unless the kernels know
     *     it
     * @param level heads and grid
     * @throws ResourceException if the level has so many tokens that L² values are more than an array holds
     */
    public PatternAttention(GridPattern pattern, LevelConfig level) {
        this(pattern, level.heads(), level.gridHeight(), level.gridWidth(), true);
    }

    /** @param kernels whether to take the backend's kernels where it has some for the pattern */
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
                    "lower `imageSize`, omit the level from `levels`, or take a block of window attention",
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
     * Attends; projections are the caller's.
     *
     * @param q queries {@code [N, L, d]}, L the positions of the grid, d a multiple of the heads
     * @param k keys {@code [N or 1, L, d]}; batch 1 is shared by all images, as keys of a reference
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
        // Heads come first, so that keys or values that all images share are met by the queries of all images in one
        // product.
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

    /** Matrix products {@code [heads, N, …]} with {@code [heads, N or 1, …]}. */
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

    /** Gives a large intermediate result back at once where no gradient will ask for it. */
    private static Tensor after(Tensor used, Tensor result) {
        if (!result.requiresGrad()) {
            used.close();
        }
        return result;
    }
}
