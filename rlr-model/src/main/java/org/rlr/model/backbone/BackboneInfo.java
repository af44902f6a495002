package org.rlr.model.backbone;

import java.util.List;
import java.util.regex.Pattern;
import org.rlr.model.config.FeatureLevel;
import org.rlr.model.config.Normalization;
import org.rlr.model.config.RlrConfig;

/**
 * A backbone that can be chosen, described without its weights.
 *
 * @param name the name to choose it by
 * @param normalization how it wants pixels
 * @param levels its feature levels, ascending
 * @param parameters learned weights of the feature layers, without the classifier; 0 for a backbone that needs no
 *     weights
 * @param deviationFloor least standard deviation of a channel where its features are always standardised per channel by
 *     their statistics over the training images; 0 where they are not
 * @param beside regular expression of the names of tensors that published files hold beside the feature layers, such as
 *     the classifier's
 * @param settings the published settings with the backbone's own levels and image size: the defaults of a training
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
     * @throws IllegalArgumentException if the levels are not ascending, a number is below 0 or the expression is none
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
                    parameters + " parameters or a deviation of " + deviationFloor + " are below 0");
        }
        Pattern.compile(beside);
        settings.requireFits(levels);
    }

    /** {@return whether it needs a file of weights} */
    public boolean needsWeights() {
        return parameters > 0;
    }

    /** {@return whether features are always standardised per channel by their statistics over the training images} */
    public boolean standardized() {
        return deviationFloor > 0;
    }

    /**
     * How images of a model are normalised.
     *
     * @param config of a model of this backbone
     * @return what the configuration says, else what the backbone wants
     */
    public Normalization normalization(RlrConfig config) {
        return config.normalization() == null ? normalization : config.normalization();
    }

    /**
     * One of its levels.
     *
     * @param level the number of a feature level
     * @return channels and stride
     * @throws org.rlr.tensor.InvalidSettingException if it has no such level, naming those it has
     */
    public FeatureLevel level(int level) {
        return FeatureLevel.of(name, levels, level);
    }

    /**
     * A builder of a description whose pixels are normalised by ImageNet's statistics, without weights, whose features
     * are standardised only on request, and whose defaults are the published levels and image size.
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
         * Sets how the backbone wants pixels.
         *
         * @param value mean and deviation per channel
         * @return this builder
         */
        public Builder normalization(Normalization value) {
            normalization = value;
            return this;
        }

        /**
         * Sets the learned weights of the feature layers, by which the backbone needs a file of weights.
         *
         * @param value their number, without the classifier
         * @return this builder
         */
        public Builder parameters(long value) {
            parameters = value;
            return this;
        }

        /**
         * Has features always standardised per channel by their statistics over the training images.
         *
         * @param floor least standard deviation of a channel, above 0
         * @return this builder
         */
        public Builder standardized(float floor) {
            deviationFloor = floor;
            return this;
        }

        /**
         * Sets the names of tensors that published files hold beside the feature layers.
         *
         * @param expression regular expression that matches whole names
         * @return this builder
         */
        public Builder beside(String expression) {
            beside = expression;
            return this;
        }

        /**
         * Sets the defaults of a training, where they are not the published levels 2 and 3 and 256 pixels.
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
         * Checks the parts and makes the description.
         *
         * @return the description
         * @throws org.rlr.tensor.RlrException if the defaults do not fit the levels
         */
        public BackboneInfo build() {
            return new BackboneInfo(name, normalization, levels, parameters, deviationFloor, beside, settings);
        }
    }
}
