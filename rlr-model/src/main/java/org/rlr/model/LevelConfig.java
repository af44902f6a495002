package org.rlr.model;

import java.util.List;
import org.rlr.model.attention.AttentionBlocks;
import org.rlr.tensor.RlrException;
import org.rlr.tensor.backend.AttentionPattern;
import org.rlr.tensor.backend.Locality;

/**
 * One level's transformer.
 *
 * @param channels channels C of the feature map
 * @param height rows of the token grid
 * @param width columns of the token grid
 * @param modelWidth d, a multiple of 4 and of {@code heads}
 * @param heads attention heads
 * @param layers encoder layers
 * @param blocks attention blocks of each layer; kept in the order of {@link AttentionBlocks#names}
 * @param gate how the blocks are weighted
 * @param refLen r: the reference has {@code r·height·width} tokens
 * @param side side of the attention window
 * @param referenceLoss whether chunks of the reference are pushed apart (only with {@code refLen > 1})
 */
public record LevelConfig(
        int channels,
        int height,
        int width,
        int modelWidth,
        int heads,
        int layers,
        List<String> blocks,
        GateMode gate,
        int refLen,
        int side,
        boolean referenceLoss) {

    /**
     * Checks and brings the blocks into their order.
     *
     * @param channels channels C of the feature map
     * @param height rows of the token grid
     * @param width columns of the token grid
     * @param modelWidth d, a multiple of 4 and of {@code heads}
     * @param heads attention heads
     * @param layers encoder layers
     * @param blocks attention blocks of each layer; kept in the order of {@link AttentionBlocks#names}
     * @param gate how the blocks are weighted
     * @param refLen r: the reference has {@code r·height·width} tokens
     * @param side side of the attention window
     * @param referenceLoss whether chunks of the reference are pushed apart (only with {@code refLen > 1})
     * @throws RlrException if the settings do not fit together
     */
    public LevelConfig {
        if (modelWidth % 4 != 0 || modelWidth % heads != 0) {
            throw new RlrException("model width " + modelWidth + " must be a multiple of 4 and of the " + heads
                    + " heads; change --width");
        }
        if (channels < 1 || height < 1 || width < 1 || layers < 1 || refLen < 1) {
            throw new RlrException("a level needs at least one channel, token, layer and reference chunk, got "
                    + channels + " channels, grid " + height + "x" + width + ", " + layers
                    + " layers, reference length " + refLen);
        }
        blocks = AttentionBlocks.inOrder(blocks);
        if (refLen > 1 && blocks.contains("nsa") && !blocks.contains("mca")) {
            throw new RlrException("block nsa with a reference length of " + refLen
                    + " needs mca beside it: keys and values would differ in length");
        }
    }

    /** {@return tokens L of the grid} */
    public int tokens() {
        return height * width;
    }

    /**
     * Attention over this level's grid.
     *
     * @param locality which keys a query may attend to
     * @return heads, grid and window of this level with that locality
     */
    public AttentionPattern pattern(Locality locality) {
        return new AttentionPattern(heads, height, width, side, locality);
    }

    /**
     * The window side by grid (RLR §6): 16 → 5, 32 → 7, 64 → 11; otherwise the odd number nearest to a fifth of the
     * shorter side, the larger of two, at least 3.
     *
     * @param height rows of the token grid
     * @param width columns of the token grid
     * @return side of the window in tokens, odd
     */
    public static int defaultSide(int height, int width) {
        int shorter = Math.min(height, width);
        if (height == width) {
            switch (shorter) {
                case 16:
                    return 5;
                case 32:
                    return 7;
                case 64:
                    return 11;
                default:
                    break;
            }
        }
        // Odd numbers are 2m+1; the nearest to s/5 has m = round((s/5 − 1)/2), halves up; in integers floor((s/5 − 1)/2
        // + 1/2) = floor(s/10).
        return Math.max(3, 2 * (shorter / 10) + 1);
    }
}
