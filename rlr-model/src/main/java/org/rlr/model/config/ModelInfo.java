package org.rlr.model.config;

import static org.rlr.model.config.Numbers.requireUsable;

import com.google.gson.GsonBuilder;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a model file says about itself beside its tensors.
 *
 * @param config its shape
 * @param training how it was trained; null for a model that another program trained
 * @param classes names of the product classes it was trained on
 * @param images training images
 * @param loss mean loss of the last epoch, or of the one that was chosen, summed over the levels
 * @param scores scores of the training images by the scoring
 * @param origin where a model that another program trained comes from; null for one trained by this program
 * @param thresholds what is anomalous; where a file says nothing of it, the threshold that the scores of the training
 *     images give
 * @param selection how the epoch was chosen; null where it is the last
 * @param scoring how maps and image scores are made; where a file says nothing of it, as published
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
    /** The colour scale reaches so many times the range of normal maps. */
    private static final double HEADROOM = 1.5;

    /**
     * Checks that it fits together.
     *
     * @throws IllegalArgumentException if the number of images is negative or the loss not finite
     * @throws org.rlr.tensor.InvalidSettingException if the model lacks a level of the scoring
     */
    public ModelInfo {
        requireUsable(images >= 0, "images", images);
        requireUsable(Double.isFinite(loss), "loss", loss);
        // the parser leaves null what a file lacks; ModelFile refuses one without configuration or scores
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
     * The same model with other thresholds.
     *
     * @param others what is to be called anomalous
     * @return a copy with them
     */
    public ModelInfo with(Thresholds others) {
        return toBuilder().thresholds(others).build();
    }

    /**
     * The same model with another scoring.
     *
     * @param other how maps and image scores are made
     * @param range what is known of the scores of normal images with it
     * @param others thresholds of scores made so
     * @return a copy with all three
     * @throws org.rlr.tensor.RlrException if the model lacks a level of the scoring
     */
    public ModelInfo with(Scoring other, ScoreStatistics range, Thresholds others) {
        return toBuilder().scoring(other).scores(range).thresholds(others).build();
    }

    /**
     * The colour scale of this model's maps, the same for every image: from the lowest value of the maps of normal
     * images over 1.5 times their range. The command line draws with it, too.
     *
     * @return the scale
     */
    public MapScale mapScale() {
        double low = scores.mapMin();
        return new MapScale((float) low, (float) (low + HEADROOM * (scores.mapMax() - low)));
    }

    /**
     * Everything that a model file says of the model, as JSON; {@code ConfigFile} reads how it was trained from it.
     *
     * @return the text, without a line break at its end
     */
    public String toJson() {
        return new GsonBuilder()
                .disableHtmlEscaping()
                .setPrettyPrinting()
                .create()
                .toJson(this);
    }

    /**
     * A builder of the description of a model of no classes and no images.
     *
     * @param config its shape
     * @return a new builder
     */
    public static Builder builder(RlrConfig config) {
        return new Builder(config);
    }

    /** {@return a builder that holds these settings} */
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
         * @param value its shape
         * @return this builder
         */
        public Builder config(RlrConfig value) {
            config = value;
            return this;
        }

        /**
         * Sets {@link ModelInfo#training}.
         *
         * @param value how it was trained; null for a model that another program trained
         * @return this builder
         */
        public Builder training(@Nullable TrainingSettings value) {
            training = value;
            return this;
        }

        /**
         * Sets {@link ModelInfo#classes}.
         *
         * @param value names of the product classes it was trained on
         * @return this builder
         */
        public Builder classes(List<String> value) {
            classes = value;
            return this;
        }

        /**
         * Sets {@link ModelInfo#images}.
         *
         * @param value training images
         * @return this builder
         */
        public Builder images(int value) {
            images = value;
            return this;
        }

        /**
         * Sets {@link ModelInfo#loss}.
         *
         * @param value mean loss of the last epoch, or of the one that was chosen, summed over the levels
         * @return this builder
         */
        public Builder loss(double value) {
            loss = value;
            return this;
        }

        /**
         * Sets {@link ModelInfo#scores}, and the threshold that they give; {@link #thresholds} after it sets others.
         *
         * @param value scores of the training images by the scoring; unless set, none and a threshold of 0
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
         * @param value where a model that another program trained comes from; null for one trained by this program
         * @return this builder
         */
        public Builder origin(@Nullable String value) {
            origin = value;
            return this;
        }

        /**
         * Sets {@link ModelInfo#thresholds}.
         *
         * @param value what is anomalous; null for the threshold that the scores of the training images give
         * @return this builder
         */
        public Builder thresholds(@Nullable Thresholds value) {
            thresholds = value;
            return this;
        }

        /**
         * Sets {@link ModelInfo#selection}.
         *
         * @param value how the epoch was chosen; null where it is the last
         * @return this builder
         */
        public Builder selection(@Nullable Selection value) {
            selection = value;
            return this;
        }

        /**
         * Sets {@link ModelInfo#scoring}.
         *
         * @param value how maps and image scores are made; null for as published
         * @return this builder
         */
        public Builder scoring(@Nullable Scoring value) {
            scoring = value;
            return this;
        }

        /**
         * Checks the settings and makes the record.
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
