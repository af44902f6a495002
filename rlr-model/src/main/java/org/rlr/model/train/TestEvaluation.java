package org.rlr.model.train;

import org.rlr.model.data.DataSet;
import org.rlr.model.eval.Metric;
import org.rlr.tensor.InvalidSettingException;

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
     * @throws InvalidSettingException if {@code every} is below 1
     */
    public TestEvaluation {
        InvalidSettingException.require(every >= 1, "TestEvaluation.every", every, "at least 1");
    }

    /**
     * Whether to evaluate after an epoch, counted from 1. It does not depend on the number of epochs, so that a resumed
     * training chooses as an uninterrupted one.
     */
    boolean due(int epoch) {
        return epoch % every == 0;
    }
}
