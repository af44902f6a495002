package org.rlr.model.train;

import org.rlr.model.data.DataSet;
import org.rlr.model.eval.Metric;
import org.rlr.tensor.InvalidSettingException;

/**
 * Test images that are evaluated during a training, without influence on it.
 *
 * @param data data set with test images
 * @param every the number of epochs between evaluations
 * @param keepBest whether to keep the model of the epoch with the greatest {@link #CHOICE}; its metrics on these images
 *     are optimistic
 */
public record TestEvaluation(DataSet data, int every, boolean keepBest) {
    /** The metric whose mean over the classes selects the best epoch. */
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
     * Returns whether to evaluate after an epoch, counted from 1. Independent of the number of epochs, so a resumed
     * training makes the same choice.
     */
    boolean due(int epoch) {
        return epoch % every == 0;
    }
}
