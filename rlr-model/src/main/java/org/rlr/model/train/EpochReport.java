package org.rlr.model.train;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.rlr.model.eval.EvaluationResult;

/**
 * The results of an epoch.
 *
 * @param epoch its number, from 1
 * @param training mean losses of its steps
 * @param learningRate the learning rate of its last step
 * @param imagesPerSecond training images per second, without validation and evaluation
 * @param validation mean losses of the held-out images after the epoch, without perturbation; null without such images
 * @param metrics metrics of the test images after the epoch; null if they were not evaluated
 */
public record EpochReport(
        int epoch,
        Losses training,
        float learningRate,
        double imagesPerSecond,
        @Nullable Losses validation,
        @Nullable EvaluationResult metrics) {
    /**
     * Losses.
     *
     * @param total summed over the levels
     * @param levels by level
     */
    public record Losses(double total, List<Double> levels) {
        /**
         * Copies the list.
         *
         * @param total summed over the levels
         * @param levels by level
         */
        public Losses {
            levels = List.copyOf(levels);
        }
    }
}
