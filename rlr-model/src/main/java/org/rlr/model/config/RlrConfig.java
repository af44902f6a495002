package org.rlr.model.config;

import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.rlr.tensor.RlrException;

/**
 * What a model is: everything that its shapes depend on. The published values are those of {@link #published}.
 *
 * @param backbone name of the feature extractor
 * @param imageHeight rows that images, or their tiles, have as input
 * @param imageWidth columns of the same
 * @param levels feature levels, ascending; level i has stride {@code 2^(i+1)}; one transformer each
 * @param width model width d of level 1 (stride 4); doubled per level
 * @param heads attention heads
 * @param layers encoder layers
 * @param blocks attention blocks of each layer
 * @param gate how they are weighted
 * @param refLen chunks of the reference
 * @param referenceLoss whether chunks of the reference are pushed apart
 * @param averagePool whether feature maps are smoothed by a 3×3 average
 * @param standardize whether each channel of the features is standardised by its mean and deviation over the training
 *     images, also where the backbone does not ask for it
 * @param tiling how images are cut into tiles of the input size; null where they are resized to it
 * @param windows side of the attention window by level, in tokens, odd; null, or without a level, where it follows the
 *     grid ({@link LevelConfig#defaultSide})
 */
public record RlrConfig(
        String backbone,
        int imageHeight,
        int imageWidth,
        List<Integer> levels,
        int width,
        int heads,
        int layers,
        List<String> blocks,
        GateMode gate,
        int refLen,
        boolean referenceLoss,
        boolean averagePool,
        boolean standardize,
        Tiling tiling,
        Map<Integer, Integer> windows) {

    /** Beyond this a feature map of a batch can have more values than an array. */
    private static final int LARGEST_SIZE = 8192;

    public RlrConfig {
        if (levels.isEmpty() || levels.stream().anyMatch(i -> i < 0 || i > 7)) {
            throw new RlrException(
                    "feature levels " + levels + " are not usable; give one or more of 0 to 4, such as --levels 2,3");
        }
        levels = levels.stream().sorted().distinct().toList();
        blocks = blocks.stream().distinct().toList();
        if (blocks.isEmpty()) {
            throw new RlrException("no attention block given; name one or more with --blocks");
        }
        int stride = 2 << levels.get(levels.size() - 1);
        for (int size : new int[] {imageHeight, imageWidth}) {
            if (size < 4 * stride || size % stride != 0) {
                String which =
                        imageHeight == imageWidth ? "" : " (of height x width " + imageHeight + "x" + imageWidth + ")";
                throw new RlrException("image size " + size + which + " does not suit level "
                        + levels.get(levels.size() - 1) + ", whose stride is " + stride + ": choose a multiple of "
                        + stride + ", at least " + 4 * stride + ", with --image-size");
            }
            if (size > LARGEST_SIZE) {
                throw new RlrException("image size " + size + " is more than the " + LARGEST_SIZE
                        + " pixels that are computed; lower --image-size");
            }
        }
        require(heads >= 1, "--heads", heads, "at least 1");
        require(layers >= 1 && layers <= 1000, "--layers", layers, "between 1 and 1000");
        require(refLen >= 1 && refLen <= 1000, "--ref-len", refLen, "between 1 and 1000");
        int narrowest = levels.get(0) == 0 ? width / 2 : width;
        require(
                width >= 4 && width <= 1 << 14 && narrowest % 4 == 0 && narrowest % heads == 0,
                "--width",
                width,
                "a multiple of " + (levels.get(0) == 0 ? "8 and of twice --heads" : "4 and of --heads") + " (" + heads
                        + "), at most " + (1 << 14));
        if (refLen > 1 && blocks.contains("nsa") && !blocks.contains("mca")) {
            throw new RlrException("block nsa with --ref-len " + refLen
                    + " needs mca beside it: keys and values would differ in length; add mca to --blocks or "
                    + "take --ref-len 1");
        }
        if (referenceLoss && refLen == 1) {
            throw new RlrException(
                    "--ref-loss pushes the chunks of the reference apart, and --ref-len 1 has only one; take --ref-len 2 or more");
        }
        if (tiling != null) {
            tiling.checkFits(imageHeight, imageWidth);
        }
        windows = windows == null || windows.isEmpty() ? null : checked(windows, levels);
    }

    private static Map<Integer, Integer> checked(Map<Integer, Integer> windows, List<Integer> levels) {
        windows.forEach((level, side) -> {
            String option = "--window " + level + "=" + side;
            if (!levels.contains(level)) {
                throw new RlrException(option + " is of a level that the model has not; it has " + levels);
            }
            if (side < 1 || side % 2 == 0 || side > 2 * LARGEST_SIZE) {
                throw new RlrException(
                        option + " is not usable; a window has a token in its middle: give an odd number between 1 and "
                                + (2 * LARGEST_SIZE - 1));
            }
        });
        return Collections.unmodifiableMap(new TreeMap<>(windows));
    }

    /**
     * {@return the sides of windows that do not follow the grid, as {@code --window} takes them: {@code 2=9,3=5}; empty
     * where all do}
     */
    public String windowText() {
        return windows == null
                ? ""
                : windows.entrySet().stream()
                        .map(each -> each.getKey() + "=" + each.getValue())
                        .collect(Collectors.joining(","));
    }

    private static void require(boolean condition, String option, int value, String range) {
        if (!condition) {
            throw new RlrException(option + " is " + value + "; it must be " + range);
        }
    }

    /**
     * The published settings: 256×256 pixels, levels 2 and 3, width 128, 8 heads, 4 layers, {@code mca} and
     * {@code nsa}, no gate, r 1.
     *
     * @param backbone name of the feature extractor
     * @return the configuration
     */
    public static RlrConfig published(String backbone) {
        return builder(backbone).build();
    }

    /**
     * The transformer of one level.
     *
     * @param level feature level, one of {@link #levels}
     * @param channels channels of the level's feature map
     * @return channels, grid {@code imageHeight/2^(level+1) × imageWidth/2^(level+1)}, width {@code width·2^(level−1)}
     *     and the window, of {@link #windows} or {@link LevelConfig#defaultSide}
     * @throws RlrException if they do not fit together
     */
    public LevelConfig level(int level, int channels) {
        int stride = 2 << level;
        int h = imageHeight / stride;
        int w = imageWidth / stride;
        int d = level == 0 ? width / 2 : width << (level - 1);
        int side = windows != null && windows.containsKey(level) ? windows.get(level) : LevelConfig.defaultSide(h, w);
        return LevelConfig.builder(channels, h, w, d)
                .heads(heads)
                .layers(layers)
                .blocks(blocks)
                .gate(gate)
                .refLen(refLen)
                .side(side)
                .referenceLoss(referenceLoss)
                .build();
    }

    /**
     * A builder that holds the published settings.
     *
     * @param backbone name of the feature extractor
     * @return a new builder
     */
    public static Builder builder(String backbone) {
        return new Builder(backbone);
    }

    /** {@return a builder that holds these settings} */
    public Builder toBuilder() {
        return new Builder(backbone)
                .levels(levels)
                .width(width)
                .heads(heads)
                .layers(layers)
                .blocks(blocks)
                .gate(gate)
                .refLen(refLen)
                .referenceLoss(referenceLoss)
                .averagePool(averagePool)
                .standardize(standardize)
                .tiling(tiling)
                .windows(windows)
                .imageSize(imageHeight, imageWidth);
    }

    /** Collects the settings of a {@link RlrConfig}; what is not set has the published value. */
    public static final class Builder {
        private String backbone;
        private int imageHeight = 256;
        private int imageWidth = 256;
        private List<Integer> levels = List.of(2, 3);
        private int width = 128;
        private int heads = Published.HEADS;
        private int layers = Published.LAYERS;
        private List<String> blocks = Published.BLOCKS;
        private GateMode gate = Published.GATE;
        private int refLen = Published.REF_LEN;
        private boolean referenceLoss;
        private boolean averagePool = true;
        private boolean standardize;
        private Tiling tiling;
        private Map<Integer, Integer> windows;

        private Builder(String backbone) {
            this.backbone = backbone;
        }

        /**
         * Sets the size of the model's input.
         *
         * @param height rows that images, or their tiles, have as input
         * @param width columns of the same
         * @return this builder
         */
        public Builder imageSize(int height, int width) {
            imageHeight = height;
            imageWidth = width;
            return this;
        }

        /**
         * Sets {@link RlrConfig#backbone}.
         *
         * @param value name of the feature extractor
         * @return this builder
         */
        public Builder backbone(String value) {
            backbone = value;
            return this;
        }

        /**
         * Sets {@link RlrConfig#levels}.
         *
         * @param value feature levels, ascending; level i has stride {@code 2^(i+1)}; one transformer each
         * @return this builder
         */
        public Builder levels(List<Integer> value) {
            levels = value;
            return this;
        }

        /**
         * Sets {@link RlrConfig#width}.
         *
         * @param value model width d of level 1 (stride 4); doubled per level
         * @return this builder
         */
        public Builder width(int value) {
            width = value;
            return this;
        }

        /**
         * Sets {@link RlrConfig#heads}.
         *
         * @param value attention heads
         * @return this builder
         */
        public Builder heads(int value) {
            heads = value;
            return this;
        }

        /**
         * Sets {@link RlrConfig#layers}.
         *
         * @param value encoder layers
         * @return this builder
         */
        public Builder layers(int value) {
            layers = value;
            return this;
        }

        /**
         * Sets {@link RlrConfig#blocks}.
         *
         * @param value attention blocks of each layer
         * @return this builder
         */
        public Builder blocks(List<String> value) {
            blocks = value;
            return this;
        }

        /**
         * Sets {@link RlrConfig#gate}.
         *
         * @param value how they are weighted
         * @return this builder
         */
        public Builder gate(GateMode value) {
            gate = value;
            return this;
        }

        /**
         * Sets {@link RlrConfig#refLen}.
         *
         * @param value chunks of the reference
         * @return this builder
         */
        public Builder refLen(int value) {
            refLen = value;
            return this;
        }

        /**
         * Sets {@link RlrConfig#referenceLoss}.
         *
         * @param value whether chunks of the reference are pushed apart
         * @return this builder
         */
        public Builder referenceLoss(boolean value) {
            referenceLoss = value;
            return this;
        }

        /**
         * Sets {@link RlrConfig#averagePool}.
         *
         * @param value whether feature maps are smoothed by a 3×3 average
         * @return this builder
         */
        public Builder averagePool(boolean value) {
            averagePool = value;
            return this;
        }

        /**
         * Sets {@link RlrConfig#standardize}.
         *
         * @param value whether each channel of the features is standardised by its mean and deviation over the training
         *     images, also where the backbone does not ask for it
         * @return this builder
         */
        public Builder standardize(boolean value) {
            standardize = value;
            return this;
        }

        /**
         * Sets {@link RlrConfig#tiling}.
         *
         * @param value how images are cut into tiles of the input size; null where they are resized to it
         * @return this builder
         */
        public Builder tiling(Tiling value) {
            tiling = value;
            return this;
        }

        /**
         * Sets {@link RlrConfig#windows}.
         *
         * @param value side of the attention window by level, in tokens, odd; null, or without a level, where it
         *     follows the grid ({@link LevelConfig#defaultSide})
         * @return this builder
         */
        public Builder windows(Map<Integer, Integer> value) {
            windows = value;
            return this;
        }

        /**
         * Checks the settings and makes the record.
         *
         * @return the settings
         * @throws RlrException naming the setting, its value and the allowed values
         */
        public RlrConfig build() {
            return new RlrConfig(
                    backbone,
                    imageHeight,
                    imageWidth,
                    levels,
                    width,
                    heads,
                    layers,
                    blocks,
                    gate,
                    refLen,
                    referenceLoss,
                    averagePool,
                    standardize,
                    tiling,
                    windows);
        }
    }
}
