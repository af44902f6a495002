package org.rlr.model;

import java.util.List;
import org.rlr.model.train.TrainingSettings;

/**
 * What a model file says about itself beside its tensors.
 *
 * @param config   its shape
 * @param training how it was trained; null for a model that another program trained
 * @param classes  names of the product classes it was trained on
 * @param images   training images
 * @param loss     mean loss of the last epoch, summed over the levels
 * @param scores   scores of the training images, and the threshold
 * @param origin   where a model that another program trained comes from; null for one trained by this program
 */
public record ModelInfo(RlrConfig config, TrainingSettings training, List<String> classes, int images, double loss, ScoreStatistics scores, String origin) {
    /** What a model trained by this program says about itself. */
    public ModelInfo(RlrConfig config, TrainingSettings training, List<String> classes, int images, double loss, ScoreStatistics scores) {
        this(config, training, classes, images, loss, scores, null);
    }
}
