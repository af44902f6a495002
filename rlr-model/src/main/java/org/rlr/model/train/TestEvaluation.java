package org.rlr.model.train;

import org.rlr.model.data.DataSet;
import org.rlr.model.eval.Metric;
import org.rlr.tensor.RlrException;

/**
 * Test images that are evaluated while a model is trained. They change nothing of the training.
 *
 * @param data data set with test images
 * @param every after how many epochs
 * @param keepBest whether to keep the model of the epoch of greatest {@link #CHOICE}; what is measured on these images
 *     with it is optimistic
 */
public record TestEvaluation(DataSet data, int every, boolean keepBest) {
    /** By whose mean over the classes the best epoch is chosen. */
    public static final Metric CHOICE = Metric.IMAGE_AUROC;

    /**
     * Checks the range.
     *
     * @param data data set with test images
     * @param every after how many epochs
     * @param keepBest whether to keep the model of the epoch of greatest {@link #CHOICE}; what is measured on these
     *     images with it is optimistic
     * @throws RlrException naming the option and its range
     */
    public TestEvaluation {
        if (every < 1) {
            throw new RlrException("--evaluate-every is " + every + "; it must be at least 1");
        }
    }

    /**
     * Whether to evaluate after an epoch, counted from 1. How many epochs there are has no say, so that a training gone
     * on with chooses as one left alone.
     */
    boolean due(int epoch) {
        return epoch % every == 0;
    }
}
