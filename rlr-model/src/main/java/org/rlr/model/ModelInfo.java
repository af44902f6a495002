package org.rlr.model;

import java.util.List;
import org.rlr.model.train.TrainingSettings;

/**
 * What a model file says about itself beside its tensors.
 *
 * @param config     its shape
 * @param training   how it was trained; null for a model that another program trained
 * @param classes    names of the product classes it was trained on
 * @param images     training images
 * @param loss       mean loss of the last epoch, summed over the levels
 * @param scores     scores of the training images
 * @param origin     where a model that another program trained comes from; null for one trained by this program
 * @param thresholds what is anomalous; where a file says nothing of it, the threshold that the scores of the training images give
 */
public record ModelInfo(RlrConfig config, TrainingSettings training, List<String> classes, int images, double loss, ScoreStatistics scores, String origin,
        Thresholds thresholds) {
    /** Derives thresholds that are missing. */
    public ModelInfo {
        if (thresholds == null && scores != null) {
            thresholds = new Thresholds(Threshold.ofTraining(scores), null);
        }
    }

    /** What a model trained by this program says about itself, with the threshold that the scores of its training images give. */
    public ModelInfo(RlrConfig config, TrainingSettings training, List<String> classes, int images, double loss, ScoreStatistics scores) {
        this(config, training, classes, images, loss, scores, null, null);
    }

    /** The same model with other thresholds. */
    public ModelInfo with(Thresholds others) {
        return new ModelInfo(config, training, classes, images, loss, scores, origin, others);
    }
}
