package org.rlr.model;

import java.util.List;
import org.rlr.model.train.TrainingSettings;

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
        TrainingSettings training,
        List<String> classes,
        int images,
        double loss,
        ScoreStatistics scores,
        String origin,
        Thresholds thresholds,
        Selection selection,
        Scoring scoring) {
    /**
     * Derives thresholds and the scoring where they are missing.
     *
     * @param config its shape
     * @param training how it was trained; null for a model that another program trained
     * @param classes names of the product classes it was trained on
     * @param images training images
     * @param loss mean loss of the last epoch, or of the one that was chosen, summed over the levels
     * @param scores scores of the training images by the scoring
     * @param origin where a model that another program trained comes from; null for one trained by this program
     * @param thresholds what is anomalous; where a file says nothing of it, the threshold that the scores of the
     *     training images give
     * @param selection how the epoch was chosen; null where it is the last
     * @param scoring how maps and image scores are made; where a file says nothing of it, as published
     * @throws org.rlr.tensor.RlrException if the model lacks a level of the scoring
     */
    public ModelInfo {
        if (config != null) {
            scoring = scoring == null ? Scoring.published(config) : scoring.requireLevelsOf(config);
        }
        if (thresholds == null && scores != null) {
            thresholds = new Thresholds(Threshold.ofTraining(scores), null);
        }
    }

    /**
     * What a model trained by this program says about itself, with the threshold that the scores of its training images
     * give.
     *
     * @param config its shape
     * @param training how it was trained; null for a model that another program trained
     * @param classes names of the product classes it was trained on
     * @param images training images
     * @param loss mean loss of the last epoch, or of the one that was chosen, summed over the levels
     * @param scores scores of the training images by the scoring
     */
    public ModelInfo(
            RlrConfig config,
            TrainingSettings training,
            List<String> classes,
            int images,
            double loss,
            ScoreStatistics scores) {
        this(config, training, classes, images, loss, scores, null, null, null, null);
    }

    /**
     * What a model of its last epoch, or of another program, says about itself.
     *
     * @param config its shape
     * @param training how it was trained; null for a model that another program trained
     * @param classes names of the product classes it was trained on
     * @param images training images
     * @param loss mean loss of the last epoch, or of the one that was chosen, summed over the levels
     * @param scores scores of the training images by the scoring
     * @param origin where a model that another program trained comes from; null for one trained by this program
     * @param thresholds what is anomalous; where a file says nothing of it, the threshold that the scores of the
     *     training images give
     */
    public ModelInfo(
            RlrConfig config,
            TrainingSettings training,
            List<String> classes,
            int images,
            double loss,
            ScoreStatistics scores,
            String origin,
            Thresholds thresholds) {
        this(config, training, classes, images, loss, scores, origin, thresholds, null, null);
    }

    /**
     * The same model with other thresholds.
     *
     * @param others what is to be called anomalous
     * @return a copy with them
     */
    public ModelInfo with(Thresholds others) {
        return new ModelInfo(config, training, classes, images, loss, scores, origin, others, selection, scoring);
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
        return new ModelInfo(config, training, classes, images, loss, range, origin, others, selection, other);
    }
}
