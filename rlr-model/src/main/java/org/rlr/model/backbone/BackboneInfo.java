package org.rlr.model.backbone;

import java.util.List;
import java.util.regex.Pattern;
import org.rlr.model.config.FeatureLevel;
import org.rlr.model.config.Normalization;
import org.rlr.model.config.RlrConfig;

/**
 * Describes an available backbone, without its weights.
 *
 * @param name the name to choose it by
 * @param normalization normalisation of its input pixels
 * @param levels its feature levels, ascending
 * @param parameters number of learned weights of the feature layers, without the classifier; 0 for a backbone without
 *     weights
 * @param deviationFloor least standard deviation of a channel if features are always standardised per channel by
 *     statistics of the training images; 0 if they are not
 * @param beside regular expression for the names of further tensors in published files, such as the classifier's
 * @param settings default settings of a training: the published ones with this backbone's levels and image size
 */
public record BackboneInfo(
        String name,
        Normalization normalization,
        List<FeatureLevel> levels,
        long parameters,
        float deviationFloor,
        String beside,
        RlrConfig settings) {

    /**
     * Checks that the default settings fit the levels.
     *
     * @throws org.rlr.tensor.RlrException if they do not fit
     * @throws IllegalArgumentException if levels are not ascending, a number is negative or the expression is invalid
     */
    public BackboneInfo {
        levels = List.copyOf(levels);
        for (int i = 1; i < levels.size(); i++) {
            if (levels.get(i).level() <= levels.get(i - 1).level()) {
                throw new IllegalArgumentException("the levels " + levels + " are not ascending");
            }
        }
        if (parameters < 0 || !(deviationFloor >= 0)) {
            throw new IllegalArgumentException(
                    parameters + " parameters or a deviation floor of " + deviationFloor + " are below 0");
        }
        Pattern.compile(beside);
        settings.requireFits(levels);
    }

    /** {@return whether it needs a file of weights} */
    public boolean needsWeights() {
        return parameters > 0;
    }

    /** {@return whether features are always standardised per channel by statistics of the training images} */
    public boolean standardized() {
        return deviationFloor > 0;
    }

    /**
     * Returns the normalisation of a model's images.
     *
     * @param config configuration of a model with this backbone
     * @return the configured normalisation, or else the backbone's
     */
    public Normalization normalization(RlrConfig config) {
        return config.normalization() == null ? normalization : config.normalization();
    }

    /**
     * Returns one of its levels.
     *
     * @param level the number of a feature level
     * @return channels and stride
     * @throws org.rlr.tensor.InvalidSettingException if it has no such level, listing the levels it has
     */
    public FeatureLevel level(int level) {
        return FeatureLevel.of(name, levels, level);
    }

    /**
     * Returns a builder with these defaults: pixels normalised by ImageNet's statistics, no weights, features
     * standardised only on request, the published levels and image size.
     *
     * @param name the name to choose it by
     * @param levels its feature levels, ascending
     * @return a new builder
     */
    public static Builder builder(String name, List<FeatureLevel> levels) {
        return new Builder(name, levels);
    }

    /** Collects the parts of a {@link BackboneInfo}. */
    public static final class Builder {
        private final String name;
        private final List<FeatureLevel> levels;
        private Normalization normalization = Normalization.IMAGENET;
        private long parameters;
        private float deviationFloor;
        private String beside = "";
        private RlrConfig settings;

        private Builder(String name, List<FeatureLevel> levels) {
            this.name = name;
            this.levels = levels;
            settings = RlrConfig.published(name);
        }

        /**
         * Sets the normalisation of input pixels.
         *
         * @param value mean and deviation per channel
         * @return this builder
         */
        public Builder normalization(Normalization value) {
            normalization = value;
            return this;
        }

        /**
         * Sets the number of learned weights of the feature layers; the backbone then needs a file of weights.
         *
         * @param value number of weights, without the classifier
         * @return this builder
         */
        public Builder parameters(long value) {
            parameters = value;
            return this;
        }

        /**
         * Makes features always standardised per channel by statistics of the training images.
         *
         * @param floor least standard deviation of a channel, above 0
         * @return this builder
         */
        public Builder standardized(float floor) {
            deviationFloor = floor;
            return this;
        }

        /**
         * Sets which further tensors published files may hold.
         *
         * @param expression regular expression that matches whole names
         * @return this builder
         */
        public Builder beside(String expression) {
            beside = expression;
            return this;
        }

        /**
         * Sets the defaults of a training, if they differ from levels 2 and 3 and 256 pixels.
         *
         * @param defaultLevels some of the levels
         * @param imageSize height and width of the input in pixels
         * @return this builder
         */
        public Builder defaults(List<Integer> defaultLevels, int imageSize) {
            settings = settings.toBuilder()
                    .levels(defaultLevels)
                    .imageSize(imageSize, imageSize)
                    .build();
            return this;
        }

        /**
         * Checks the parts and builds the description.
         *
         * @return the description
         * @throws org.rlr.tensor.RlrException if the defaults do not fit the levels
         */
        public BackboneInfo build() {
            return new BackboneInfo(name, normalization, levels, parameters, deviationFloor, beside, settings);
        }
    }
}
