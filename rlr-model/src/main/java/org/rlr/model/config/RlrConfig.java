package org.rlr.model.config;

import static org.rlr.tensor.InvalidSettingException.require;

import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.rlr.tensor.InvalidSettingException;

/**
 * Configuration of a model: everything that its shapes depend on. {@link #published} returns the published values.
 *
 * @param backbone name of the feature extractor
 * @param imageHeight input rows: those of resized images or of tiles
 * @param imageWidth input columns: those of resized images or of tiles
 * @param levels feature levels of the backbone, ascending; one transformer per level
 * @param width model width d at stride 4; it doubles with the stride
 * @param heads attention heads
 * @param layers encoder layers
 * @param blocks attention blocks of each layer
 * @param gate weighting of the blocks
 * @param refLen chunks of the reference
 * @param referenceLoss whether training pushes the chunks of the reference apart
 * @param averagePool whether feature maps are smoothed by a 3×3 average
 * @param standardize whether to standardise each feature channel by its mean and deviation over the training images,
 *     even if the backbone does not require it
 * @param leastDeviation least deviation that a standardised channel is divided by, relative to the mean deviation of
 *     its level's channels, 0 to 100; null for the backbone's own floor, or 0.02 if it has none
 * @param tiling how images are cut into tiles of the input size; null if they are resized to it
 * @param windows attention window size by level, in tokens, odd; null or a missing level derives it from the grid
 *     ({@link LevelConfig#defaultWindowSize})
 * @param normalization normalisation of pixels; null for the backbone's
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
        @Nullable Double leastDeviation,
        @Nullable Tiling tiling,
        @Nullable Map<Integer, Integer> windows,
        @Nullable Normalization normalization) {

    /** Above this, a feature map of a batch can have more values than an array. */
    private static final int LARGEST_SIZE = 8192;

    private static final int LARGEST_WIDTH = 1 << 14;
    /** Least number of tokens along each axis of a grid. */
    private static final int LEAST_TOKENS = 4;

    public RlrConfig {
        if (levels.isEmpty() || levels.stream().anyMatch(level -> level < 0)) {
            throw new InvalidSettingException(
                    "levels",
                    levels,
                    "one or more levels of the backbone",
                    "feature levels " + levels + " are not usable",
                    "name one or more levels of the backbone in `levels`");
        }
        levels = levels.stream().sorted().distinct().toList();
        blocks = blocks.stream().distinct().toList();
        if (blocks.isEmpty()) {
            throw new InvalidSettingException(
                    "blocks", blocks, "one or more", "no attention block given", "name one or more with `blocks`");
        }
        for (int size : new int[] {imageHeight, imageWidth}) {
            require(size >= 1 && size <= LARGEST_SIZE, "imageSize", size, "between 1 and " + LARGEST_SIZE + " pixels");
        }
        require(heads >= 1, "heads", heads, "at least 1");
        require(layers >= 1 && layers <= 1000, "layers", layers, "between 1 and 1000");
        require(refLen >= 1 && refLen <= 1000, "refLen", refLen, "between 1 and 1000");
        require(
                width >= 1 && width <= LARGEST_WIDTH,
                "width",
                width,
                "a multiple of 4 and of `heads` (" + heads + "), at most " + LARGEST_WIDTH);
        require(
                leastDeviation == null || (leastDeviation >= 0 && leastDeviation <= 100),
                "leastDeviation",
                leastDeviation,
                "between 0 and 100");
        LevelConfig.requireKeys(blocks, refLen);
        if (referenceLoss && refLen == 1) {
            throw new InvalidSettingException(
                    "referenceLoss",
                    true,
                    "false where `refLen` is 1",
                    "`referenceLoss` pushes the chunks of the reference apart, and `refLen` 1 has only one",
                    "use `refLen` 2 or more");
        }
        if (tiling != null) {
            tiling.checkFits(imageHeight, imageWidth);
        }
        windows = windows == null || windows.isEmpty() ? null : checked(windows, levels);
    }

    private static Map<Integer, Integer> checked(Map<Integer, Integer> windows, List<Integer> levels) {
        windows.forEach((level, size) -> {
            String window = level + "=" + size;
            if (!levels.contains(level)) {
                throw new InvalidSettingException(
                        "windows",
                        window,
                        "levels from " + levels,
                        "`windows` " + window + " names a level that the model does not have",
                        "give sizes for some of " + levels);
            }
            if (size < 1 || size % 2 == 0 || size > 2 * LARGEST_SIZE) {
                throw new InvalidSettingException(
                        "windows",
                        window,
                        "odd",
                        "`windows` " + window + " is not an odd size in the allowed range",
                        "give an odd number between 1 and " + (2 * LARGEST_SIZE - 1));
            }
        });
        return Collections.unmodifiableMap(new TreeMap<>(windows));
    }

    /** {@return window sizes that are not derived from the grid, by level: {@code 2=9,3=5}; empty if there are none} */
    public String windowText() {
        return windows == null
                ? ""
                : windows.entrySet().stream()
                        .map(each -> each.getKey() + "=" + each.getValue())
                        .collect(Collectors.joining(","));
    }

    /**
     * Returns the published settings: 256×256 pixels, levels 2 and 3, width 128, 8 heads, 4 layers, {@code mca} and
     * {@code nsa}, no gate, r 1.
     *
     * @param backbone name of the feature extractor
     * @return the configuration
     */
    public static RlrConfig published(String backbone) {
        return builder(backbone).build();
    }

    /**
     * Checks that a backbone has the levels, that the image size is a multiple of their strides and at least
     * {@value #LEAST_TOKENS} times the largest stride, and that the width of the finest level is divisible by the
     * heads.
     *
     * @param available all levels of the backbone
     * @throws InvalidSettingException naming the setting, its value, and the nearest allowed sizes
     */
    public void requireFits(List<FeatureLevel> available) {
        chosen(available);
    }

    /**
     * Returns the configurations of all levels' transformers.
     *
     * @param available all levels of the backbone
     * @return one for each of {@link #levels}
     * @throws InvalidSettingException as {@link #requireFits}
     */
    public List<LevelConfig> shapes(List<FeatureLevel> available) {
        return chosen(available).stream().map(this::shape).toList();
    }

    /**
     * Returns the configuration of one level's transformer.
     *
     * @param level one of {@link #levels}, as the backbone describes it
     * @return its channels, grid {@code imageHeight/stride × imageWidth/stride}, model width {@code width·2^(round(log2
     *     stride) − 2)} and window size, from {@link #windows} or {@link LevelConfig#defaultWindowSize}
     * @throws InvalidSettingException if the settings do not fit together
     */
    public LevelConfig level(FeatureLevel level) {
        requireFit(List.of(level));
        return shape(level);
    }

    private List<FeatureLevel> chosen(List<FeatureLevel> available) {
        List<FeatureLevel> chosen = levels.stream()
                .map(level -> FeatureLevel.of(backbone, available, level))
                .toList();
        requireFit(chosen);
        return chosen;
    }

    private void requireFit(List<FeatureLevel> chosen) {
        requireMultiple(imageHeight == imageWidth ? "size" : "height", imageHeight, chosen);
        requireMultiple("width", imageWidth, chosen);
        int halved = chosen.stream()
                .mapToInt(level -> Math.max(0, -level.widthDoublings()))
                .max()
                .orElseThrow();
        require(
                width % (4L << halved) == 0 && width % ((long) heads << halved) == 0,
                "width",
                width,
                "a multiple of " + (4L << halved) + " and of "
                        + (halved == 0 ? "`heads`" : (1 << halved) + " times `heads`") + " (" + heads + "), at most "
                        + LARGEST_WIDTH);
    }

    private static void requireMultiple(String side, int size, List<FeatureLevel> chosen) {
        int largest = 1;
        long step = 1;
        for (FeatureLevel level : chosen) {
            largest = Math.max(largest, level.stride());
            long multiple = step;
            while (multiple % level.stride() != 0) {
                multiple += step;
            }
            step = multiple;
        }
        long least = (LEAST_TOKENS * (long) largest + step - 1) / step * step;
        if (size >= least && size % step == 0) {
            return;
        }
        String fault = size % step == 0
                ? "less than " + LEAST_TOKENS + " times the stride " + largest
                : step == largest
                        ? "not a multiple of the stride " + step
                        : "not a multiple of " + step + ", as the strides "
                                + chosen.stream()
                                        .map(level -> Integer.toString(level.stride()))
                                        .collect(Collectors.joining(", "))
                                + " need";
        long below = size / step * step;
        String nearest = least > LARGEST_SIZE
                ? "choose other `levels`"
                : below < least
                        ? "use " + least + " or more, in steps of " + step
                        : below + step > LARGEST_SIZE ? "use " + below : "use " + below + " or " + (below + step);
        throw new InvalidSettingException(
                "imageSize",
                size,
                "a multiple of " + step + " from " + least + " to " + LARGEST_SIZE,
                "image " + side + " " + size + " is " + fault,
                nearest);
    }

    private LevelConfig shape(FeatureLevel level) {
        int gridHeight = imageHeight / level.stride();
        int gridWidth = imageWidth / level.stride();
        int doublings = level.widthDoublings();
        int modelWidth = doublings < 0 ? width >> -doublings : width << doublings;
        int windowSize = windows != null && windows.containsKey(level.level())
                ? windows.get(level.level())
                : LevelConfig.defaultWindowSize(gridHeight, gridWidth);
        return LevelConfig.builder(level.channels(), gridHeight, gridWidth, modelWidth)
                .heads(heads)
                .layers(layers)
                .blocks(blocks)
                .gate(gate)
                .refLen(refLen)
                .windowSize(windowSize)
                .referenceLoss(referenceLoss)
                .build();
    }

    /**
     * Returns a builder with the published settings.
     *
     * @param backbone name of the feature extractor
     * @return a new builder
     */
    public static Builder builder(String backbone) {
        return new Builder(backbone);
    }

    /** {@return a builder with these settings} */
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
                .leastDeviation(leastDeviation)
                .tiling(tiling)
                .windows(windows)
                .normalization(normalization)
                .imageSize(imageHeight, imageWidth);
    }

    /** Collects the settings of a {@link RlrConfig}; settings that you omit have the published value. */
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
        private @Nullable Double leastDeviation;
        private @Nullable Tiling tiling;
        private @Nullable Map<Integer, Integer> windows;
        private @Nullable Normalization normalization;

        private Builder(String backbone) {
            this.backbone = backbone;
        }

        /**
         * Sets the size of the model's input.
         *
         * @param height input rows: those of resized images or of tiles
         * @param width input columns: those of resized images or of tiles
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
         * @param value feature levels of the backbone, ascending; one transformer per level
         * @return this builder
         */
        public Builder levels(List<Integer> value) {
            levels = value;
            return this;
        }

        /**
         * Sets {@link RlrConfig#width}.
         *
         * @param value model width d at stride 4; it doubles with the stride
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
         * @param value weighting of the blocks
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
         * @param value whether training pushes the chunks of the reference apart
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
         * @param value whether to standardise each feature channel by its mean and deviation over the training images,
         *     even if the backbone does not require it
         * @return this builder
         */
        public Builder standardize(boolean value) {
            standardize = value;
            return this;
        }

        /**
         * Sets {@link RlrConfig#leastDeviation}.
         *
         * @param value relative to the mean deviation of a level's channels, 0 to 100; null for the backbone's own
         * @return this builder
         */
        public Builder leastDeviation(@Nullable Double value) {
            leastDeviation = value;
            return this;
        }

        /**
         * Sets {@link RlrConfig#tiling}.
         *
         * @param value how images are cut into tiles of the input size; null if they are resized to it
         * @return this builder
         */
        public Builder tiling(@Nullable Tiling value) {
            tiling = value;
            return this;
        }

        /**
         * Sets {@link RlrConfig#windows}.
         *
         * @param value attention window size by level, in tokens, odd; null or a missing level derives it from the grid
         *     ({@link LevelConfig#defaultWindowSize})
         * @return this builder
         */
        public Builder windows(@Nullable Map<Integer, Integer> value) {
            windows = value;
            return this;
        }

        /**
         * Sets {@link RlrConfig#normalization}.
         *
         * @param value normalisation of pixels; null for the backbone's
         * @return this builder
         */
        public Builder normalization(@Nullable Normalization value) {
            normalization = value;
            return this;
        }

        /**
         * Checks and returns the settings.
         *
         * @return the settings
         * @throws InvalidSettingException naming the setting, its value and the allowed values
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
                    leastDeviation,
                    tiling,
                    windows,
                    normalization);
        }
    }
}
