package org.rlr.model;

import java.util.List;
import org.rlr.model.train.TrainingSettings;

/**
 * What a model file says about itself beside its tensors.
 *
 * @param config   its shape
 * @param training how it was trained
 * @param classes  names of the product classes it was trained on
 * @param images   training images
 * @param loss     mean loss of the last epoch, summed over the levels
 * @param scores   scores of the training images, and the threshold
 */
public record ModelInfo(RlrConfig config, TrainingSettings training, List<String> classes, int images, double loss, ScoreStatistics scores) {
}
