package org.rlr.model.config;

import java.util.List;
import org.rlr.tensor.InvalidSettingException;
import org.rlr.tensor.backend.AttentionPattern;
import org.rlr.tensor.backend.Locality;

/**
 * Configuration of one level's transformer.
 *
 * @param channels channels C of the feature map
 * @param gridHeight rows of the token grid
 * @param gridWidth columns of the token grid
 * @param modelWidth d, a multiple of 4 and of {@code heads}
 * @param heads attention heads
 * @param layers encoder layers
 * @param blocks attention blocks of each layer
 * @param gate weighting of the blocks
 * @param refLen r: the reference has {@code r·gridHeight·gridWidth} tokens
 * @param windowSize attention window size in tokens
 * @param referenceLoss whether training pushes the chunks of the reference apart (only with {@code refLen > 1})
 */
public record LevelConfig(
        int channels,
        int gridHeight,
        int gridWidth,
        int modelWidth,
        int heads,
        int layers,
        List<String> blocks,
        GateMode gate,
        int refLen,
        int windowSize,
        boolean referenceLoss) {

    public LevelConfig {
        if (heads < 1 || modelWidth < 1 || modelWidth % 4 != 0 || modelWidth % heads != 0) {
            throw new InvalidSettingException(
                    "width",
                    modelWidth,
                    "a multiple of 4 and of `heads`",
                    "a level's model width of " + modelWidth + " is not a multiple of 4 and of its " + heads + " heads",
                    "change `width` or `heads`");
        }
        if (channels < 1 || gridHeight < 1 || gridWidth < 1 || layers < 1 || refLen < 1) {
            throw new IllegalArgumentException(
                    "a level needs at least one channel, token, layer and reference chunk, got "
                            + channels + " channels, grid " + gridWidth + "×" + gridHeight + ", " + layers
                            + " layers, reference length " + refLen);
        }
        blocks = blocks.stream().distinct().toList();
        requireKeys(blocks, refLen);
    }

    /** {@code nsa} takes keys from the reference and values from the image; their numbers must be equal (RLR §6). */
    static void requireKeys(List<String> blocks, int refLen) {
        if (refLen > 1 && blocks.contains("nsa") && !blocks.contains("mca")) {
            throw new InvalidSettingException(
                    "blocks",
                    blocks,
                    "mca with nsa if `refLen` is above 1",
                    "block nsa with `refLen` " + refLen + " needs mca as well: keys and values would differ in length",
                    "add mca to `blocks` or use `refLen` 1");
        }
    }

    /** {@return number of tokens L of the grid} */
    public int tokens() {
        return gridHeight * gridWidth;
    }

    /**
     * Returns an attention pattern over this level's grid.
     *
     * @param locality the keys that a query may attend to
     * @return heads, grid and window size of this level with that locality
     */
    public AttentionPattern pattern(Locality locality) {
        return new AttentionPattern(heads, gridHeight, gridWidth, windowSize, locality);
    }

    /**
     * Returns the window size for a grid (RLR §6): 16 → 5, 32 → 7, 64 → 11; otherwise the odd number nearest to a fifth
     * of the shorter axis (on a tie the larger), at least 3.
     *
     * @param gridHeight rows of the token grid
     * @param gridWidth columns of the token grid
     * @return window size in tokens, odd
     */
    public static int defaultWindowSize(int gridHeight, int gridWidth) {
        int shorter = Math.min(gridHeight, gridWidth);
        return switch (gridHeight == gridWidth ? shorter : 0) {
            case 16 -> 5;
            case 32 -> 7;
            case 64 -> 11;
            // Odd numbers are 2m+1; for the nearest to s/5, m = round((s/5 − 1)/2) with halves rounded up, in integers
            // floor((s/5 − 1)/2 + 1/2) = floor(s/10).
            default -> Math.max(3, 2 * (shorter / 10) + 1);
        };
    }

    /**
     * Returns a builder with the published settings of a level.
     *
     * @param channels channels C of the feature map
     * @param gridHeight rows of the token grid
     * @param gridWidth columns of the token grid
     * @param modelWidth d, a multiple of 4 and of the heads
     * @return a new builder with the window size of the grid ({@link #defaultWindowSize})
     */
    public static Builder builder(int channels, int gridHeight, int gridWidth, int modelWidth) {
        return new Builder(channels, gridHeight, gridWidth, modelWidth)
                .windowSize(defaultWindowSize(gridHeight, gridWidth));
    }

    /** {@return a builder with these settings} */
    public Builder toBuilder() {
        return new Builder(channels, gridHeight, gridWidth, modelWidth)
                .heads(heads)
                .layers(layers)
                .blocks(blocks)
                .gate(gate)
                .refLen(refLen)
                .windowSize(windowSize)
                .referenceLoss(referenceLoss);
    }

    /** Collects the settings of a {@link LevelConfig}; settings that you omit have the published value. */
    public static final class Builder {
        private int channels;
        private int gridHeight;
        private int gridWidth;
        private int modelWidth;
        private int heads = Published.HEADS;
        private int layers = Published.LAYERS;
        private List<String> blocks = Published.BLOCKS;
        private GateMode gate = Published.GATE;
        private int refLen = Published.REF_LEN;
        private int windowSize;
        private boolean referenceLoss;

        private Builder(int channels, int gridHeight, int gridWidth, int modelWidth) {
            this.channels = channels;
            this.gridHeight = gridHeight;
            this.gridWidth = gridWidth;
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
         * Sets {@link LevelConfig#gridHeight}.
         *
         * @param value rows of the token grid
         * @return this builder
         */
        public Builder gridHeight(int value) {
            gridHeight = value;
            return this;
        }

        /**
         * Sets {@link LevelConfig#gridWidth}.
         *
         * @param value columns of the token grid
         * @return this builder
         */
        public Builder gridWidth(int value) {
            gridWidth = value;
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
         * @param value weighting of the blocks
         * @return this builder
         */
        public Builder gate(GateMode value) {
            gate = value;
            return this;
        }

        /**
         * Sets {@link LevelConfig#refLen}.
         *
         * @param value r: the reference has {@code r·gridHeight·gridWidth} tokens
         * @return this builder
         */
        public Builder refLen(int value) {
            refLen = value;
            return this;
        }

        /**
         * Sets {@link LevelConfig#windowSize}.
         *
         * @param value attention window size in tokens
         * @return this builder
         */
        public Builder windowSize(int value) {
            windowSize = value;
            return this;
        }

        /**
         * Sets {@link LevelConfig#referenceLoss}.
         *
         * @param value whether training pushes the chunks of the reference apart (only with {@code refLen > 1})
         * @return this builder
         */
        public Builder referenceLoss(boolean value) {
            referenceLoss = value;
            return this;
        }

        /**
         * Checks and returns the settings.
         *
         * @return the settings
         * @throws InvalidSettingException if heads do not divide the model width, or blocks do not fit the reference
         * @throws IllegalArgumentException if channels, tokens, layers or chunks are below 1
         */
        public LevelConfig build() {
            return new LevelConfig(
                    channels,
                    gridHeight,
                    gridWidth,
                    modelWidth,
                    heads,
                    layers,
                    blocks,
                    gate,
                    refLen,
                    windowSize,
                    referenceLoss);
        }
    }
}
