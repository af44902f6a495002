package org.rlr.model.config;

import java.util.List;
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
 * @param blocks attention blocks of each layer
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
        blocks = blocks.stream().distinct().toList();
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

    /**
     * A builder that holds the published settings of a level.
     *
     * @param channels channels C of the feature map
     * @param height rows of the token grid
     * @param width columns of the token grid
     * @param modelWidth d, a multiple of 4 and of the heads
     * @return a new builder, its window that of the grid ({@link #defaultSide})
     */
    public static Builder builder(int channels, int height, int width, int modelWidth) {
        return new Builder(channels, height, width, modelWidth).side(defaultSide(height, width));
    }

    /** {@return a builder that holds these settings} */
    public Builder toBuilder() {
        return new Builder(channels, height, width, modelWidth)
                .heads(heads)
                .layers(layers)
                .blocks(blocks)
                .gate(gate)
                .refLen(refLen)
                .side(side)
                .referenceLoss(referenceLoss);
    }

    /** Collects the settings of a {@link LevelConfig}; what is not set has the published value. */
    public static final class Builder {
        private int channels;
        private int height;
        private int width;
        private int modelWidth;
        private int heads = Published.HEADS;
        private int layers = Published.LAYERS;
        private List<String> blocks = Published.BLOCKS;
        private GateMode gate = Published.GATE;
        private int refLen = Published.REF_LEN;
        private int side;
        private boolean referenceLoss;

        private Builder(int channels, int height, int width, int modelWidth) {
            this.channels = channels;
            this.height = height;
            this.width = width;
            this.modelWidth = modelWidth;
        }

        /**
         * Sets {@link LevelConfig#channels}.
         *
         * @param value channels C of the feature map
         * @return this builder
         */
        public Builder channels(int value) {
            channels = value;
            return this;
        }

        /**
         * Sets {@link LevelConfig#height}.
         *
         * @param value rows of the token grid
         * @return this builder
         */
        public Builder height(int value) {
            height = value;
            return this;
        }

        /**
         * Sets {@link LevelConfig#width}.
         *
         * @param value columns of the token grid
         * @return this builder
         */
        public Builder width(int value) {
            width = value;
            return this;
        }

        /**
         * Sets {@link LevelConfig#modelWidth}.
         *
         * @param value d, a multiple of 4 and of {@code heads}
         * @return this builder
         */
        public Builder modelWidth(int value) {
            modelWidth = value;
            return this;
        }

        /**
         * Sets {@link LevelConfig#heads}.
         *
         * @param value attention heads
         * @return this builder
         */
        public Builder heads(int value) {
            heads = value;
            return this;
        }

        /**
         * Sets {@link LevelConfig#layers}.
         *
         * @param value encoder layers
         * @return this builder
         */
        public Builder layers(int value) {
            layers = value;
            return this;
        }

        /**
         * Sets {@link LevelConfig#blocks}.
         *
         * @param value attention blocks of each layer
         * @return this builder
         */
        public Builder blocks(List<String> value) {
            blocks = value;
            return this;
        }

        /**
         * Sets {@link LevelConfig#gate}.
         *
         * @param value how the blocks are weighted
         * @return this builder
         */
        public Builder gate(GateMode value) {
            gate = value;
            return this;
        }

        /**
         * Sets {@link LevelConfig#refLen}.
         *
         * @param value r: the reference has {@code r·height·width} tokens
         * @return this builder
         */
        public Builder refLen(int value) {
            refLen = value;
            return this;
        }

        /**
         * Sets {@link LevelConfig#side}.
         *
         * @param value side of the attention window
         * @return this builder
         */
        public Builder side(int value) {
            side = value;
            return this;
        }

        /**
         * Sets {@link LevelConfig#referenceLoss}.
         *
         * @param value whether chunks of the reference are pushed apart (only with {@code refLen > 1})
         * @return this builder
         */
        public Builder referenceLoss(boolean value) {
            referenceLoss = value;
            return this;
        }

        /**
         * Checks the settings and makes the record.
         *
         * @return the settings
         * @throws RlrException naming the setting, its value and the allowed values
         */
        public LevelConfig build() {
            return new LevelConfig(
                    channels, height, width, modelWidth, heads, layers, blocks, gate, refLen, side, referenceLoss);
        }
    }
}
