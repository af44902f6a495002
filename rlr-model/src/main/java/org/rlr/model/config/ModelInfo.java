package org.rlr.model.config;

import static org.rlr.model.config.Numbers.requireUsable;

import com.google.gson.GsonBuilder;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The description in a model file, next to its tensors.
 *
 * @param config configuration of the model
 * @param training training settings; null for a model trained by another program
 * @param classes names of the product classes in its training images
 * @param images number of training images
 * @param loss mean loss of the last or of the selected epoch, summed over the levels
 * @param scores scores of the training images with this scoring
 * @param origin source of a model trained by another program; null for one trained by this program
 * @param thresholds thresholds for anomalous images; if a file has none, the threshold from the scores of the training
 *     images
 * @param selection how the epoch was selected; null for the last epoch
 * @param scoring how maps and image scores are computed; if a file has none, the published scoring
 */
public record ModelInfo(
        RlrConfig config,
        @Nullable TrainingSettings training,
        List<String> classes,
        int images,
        double loss,
        ScoreStatistics scores,
        @Nullable String origin,
        Thresholds thresholds,
        @Nullable Selection selection,
        Scoring scoring) {
    /** Length of the colour scale relative to the range of normal maps. */
    private static final double HEADROOM = 1.5;

    /**
     * Checks that the values fit together.
     *
     * @throws IllegalArgumentException if the number of images is negative or the loss is not finite
     * @throws org.rlr.tensor.InvalidSettingException if the model lacks a level of the scoring
     */
    public ModelInfo {
        requireUsable(images >= 0, "images", images);
        requireUsable(Double.isFinite(loss), "loss", loss);
        // the parser sets null for a component that the file lacks; ModelFile refuses a file without configuration or
        // scores
        if (config != null) {
            scoring = scoring == null ? Scoring.published(config) : scoring.requireLevelsOf(config);
        }
        if (thresholds == null && scores != null) {
            thresholds = ofTraining(scores);
        }
    }

    private static Thresholds ofTraining(ScoreStatistics scores) {
        return Thresholds.ofTraining(scores, Map.of());
    }

    /**
     * Returns a copy with other thresholds.
     *
     * @param others the new thresholds
     * @return the copy
     */
    public ModelInfo with(Thresholds others) {
        return toBuilder().thresholds(others).build();
    }

    /**
     * Returns a copy with another scoring.
     *
     * @param other how maps and image scores are computed
     * @param range statistics of the scores of normal images with it
     * @param others thresholds for that scoring
     * @return the copy
     * @throws org.rlr.tensor.RlrException if the model lacks a level of the scoring
     */
    public ModelInfo with(Scoring other, ScoreStatistics range, Thresholds others) {
        return toBuilder().scoring(other).scores(range).thresholds(others).build();
    }

    /**
     * Returns the colour scale for all of this model's maps: it begins at the lowest value of normal images' maps and
     * is 1.5 times as long as their range. The command line uses it, too.
     *
     * @return the scale
     */
    public MapScale mapScale() {
        double low = scores.mapMin();
        return new MapScale((float) low, (float) (low + HEADROOM * (scores.mapMax() - low)));
    }

    /**
     * Returns the whole description as JSON; {@code ConfigFile} reads the training settings from it.
     *
     * @return the text, without a final line break
     */
    public String toJson() {
        return new GsonBuilder()
                .disableHtmlEscaping()
                .setPrettyPrinting()
                .create()
                .toJson(this);
    }

    /**
     * Returns a builder of a description without classes and images.
     *
     * @param config configuration of the model
     * @return a new builder
     */
    public static Builder builder(RlrConfig config) {
        return new Builder(config);
    }

    /** {@return a builder with these settings} */
    public Builder toBuilder() {
        return new Builder(config)
                .training(training)
                .classes(classes)
                .images(images)
                .loss(loss)
                .scores(scores)
                .origin(origin)
                .thresholds(thresholds)
                .selection(selection)
                .scoring(scoring);
    }

    /** Collects the settings of a {@link ModelInfo}. */
    public static final class Builder {
        private RlrConfig config;
        private @Nullable TrainingSettings training;
        private List<String> classes = List.of();
        private int images;
        private double loss;
        private ScoreStatistics scores = ScoreStatistics.given(0);
        private @Nullable String origin;

        private @Nullable Thresholds thresholds;

        private @Nullable Selection selection;
        private @Nullable Scoring scoring;

        private Builder(RlrConfig config) {
            this.config = config;
        }

        /**
         * Sets {@link ModelInfo#config}.
         *
         * @param value configuration of the model
         * @return this builder
         */
        public Builder config(RlrConfig value) {
            config = value;
            return this;
        }

        /**
         * Sets {@link ModelInfo#training}.
         *
         * @param value training settings; null for a model trained by another program
         * @return this builder
         */
        public Builder training(@Nullable TrainingSettings value) {
            training = value;
            return this;
        }

        /**
         * Sets {@link ModelInfo#classes}.
         *
         * @param value names of the product classes in its training images
         * @return this builder
         */
        public Builder classes(List<String> value) {
            classes = value;
            return this;
        }

        /**
         * Sets {@link ModelInfo#images}.
         *
         * @param value number of training images
         * @return this builder
         */
        public Builder images(int value) {
            images = value;
            return this;
        }

        /**
         * Sets {@link ModelInfo#loss}.
         *
         * @param value mean loss of the last or of the selected epoch, summed over the levels
         * @return this builder
         */
        public Builder loss(double value) {
            loss = value;
            return this;
        }

        /**
         * Sets {@link ModelInfo#scores} and their threshold; call {@link #thresholds} afterwards for others.
         *
         * @param value scores of the training images with this scoring; default: no images and a threshold of 0
         * @return this builder
         */
        public Builder scores(ScoreStatistics value) {
            scores = value;
            thresholds = null;
            return this;
        }

        /**
         * Sets {@link ModelInfo#origin}.
         *
         * @param value source of a model trained by another program; null for one trained by this program
         * @return this builder
         */
        public Builder origin(@Nullable String value) {
            origin = value;
            return this;
        }

        /**
         * Sets {@link ModelInfo#thresholds}.
         *
         * @param value thresholds for anomalous images; null for the threshold from the scores of the training images
         * @return this builder
         */
        public Builder thresholds(@Nullable Thresholds value) {
            thresholds = value;
            return this;
        }

        /**
         * Sets {@link ModelInfo#selection}.
         *
         * @param value how the epoch was selected; null for the last epoch
         * @return this builder
         */
        public Builder selection(@Nullable Selection value) {
            selection = value;
            return this;
        }

        /**
         * Sets {@link ModelInfo#scoring}.
         *
         * @param value how maps and image scores are computed; null for the published scoring
         * @return this builder
         */
        public Builder scoring(@Nullable Scoring value) {
            scoring = value;
            return this;
        }

        /**
         * Checks and returns the description.
         *
         * @return the settings
         * @throws org.rlr.tensor.RlrException if the model lacks a level of the scoring
         */
        public ModelInfo build() {
            return new ModelInfo(
                    config,
                    training,
                    classes,
                    images,
                    loss,
                    scores,
                    origin,
                    thresholds == null ? ofTraining(scores) : thresholds,
                    selection,
                    scoring == null ? Scoring.published(config) : scoring);
        }
    }
}
