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
 * @param loss       mean loss of the last epoch, or of the one that was chosen, summed over the levels
 * @param scores     scores of the training images
 * @param origin     where a model that another program trained comes from; null for one trained by this program
 * @param thresholds what is anomalous; where a file says nothing of it, the threshold that the scores of the training images give
 * @param selection  how the epoch was chosen; null where it is the last
 */
public record ModelInfo(RlrConfig config, TrainingSettings training, List<String> classes, int images, double loss, ScoreStatistics scores, String origin,
        Thresholds thresholds, Selection selection) {
    /** Derives thresholds that are missing. */
    public ModelInfo {
        if (thresholds == null && scores != null) {
            thresholds = new Thresholds(Threshold.ofTraining(scores), null);
        }
    }

    /** What a model trained by this program says about itself, with the threshold that the scores of its training images give. */
    public ModelInfo(RlrConfig config, TrainingSettings training, List<String> classes, int images, double loss, ScoreStatistics scores) {
        this(config, training, classes, images, loss, scores, null, null, null);
    }

    /** What a model of its last epoch, or of another program, says about itself. */
    public ModelInfo(RlrConfig config, TrainingSettings training, List<String> classes, int images, double loss, ScoreStatistics scores, String origin,
            Thresholds thresholds) {
        this(config, training, classes, images, loss, scores, origin, thresholds, null);
    }

    /** The same model with other thresholds. */
    public ModelInfo with(Thresholds others) {
        return new ModelInfo(config, training, classes, images, loss, scores, origin, others, selection);
    }
}
