package org.rlr.model.train;

import java.nio.file.Path;
import org.rlr.model.config.ModelInfo;

/**
 * Receives the progress of a training; all methods are called on the training thread. An exception from a method ends
 * the training; a {@link org.rlr.tensor.CancelledException} keeps its state, see {@link RlrTraining}.
 */
public interface TrainingListener {
    /** Ignores all events. */
    TrainingListener SILENT = new TrainingListener() {};

    /**
     * Signals that the training is alive, without countable progress: before each epoch, for each image whose contents
     * are compared with a state to resume, and ten times a second while it waits for an image.
     */
    default void heartbeat() {}

    /**
     * Receives the progress of the feature computation.
     *
     * @param done inputs done so far
     * @param total inputs in all
     */
    default void features(int done, int total) {}

    /**
     * Receives the estimate after features are computed, before the epochs begin.
     *
     * @param estimate the work and its estimated time
     */
    default void estimated(TrainingEstimate estimate) {}

    /**
     * Signals that the epochs begin.
     *
     * @param done epochs done by an earlier run
     * @param meanLoss mean training loss of the last of these; 0 if there are none
     */
    default void started(int done, double meanLoss) {}

    /**
     * Receives a finished step.
     *
     * @param epoch number of the epoch, from 1
     * @param epochs the number of epochs in total
     * @param step number of the step in the epoch, from 1
     * @param steps steps of the epoch
     * @param loss the loss of the step's batch, summed over the levels
     * @param images the number of images in the batch
     */
    default void step(int epoch, int epochs, int step, int steps, double loss, int images) {}

    /**
     * Receives the progress of the test images' scores after an epoch.
     *
     * @param epoch number of the epoch, from 1
     * @param done images so far
     * @param total images in all
     */
    default void evaluated(int epoch, int done, int total) {}

    /**
     * Receives a finished epoch, before its results are written to disk.
     *
     * @param report losses and metrics
     */
    default void epoch(EpochReport report) {}

    /**
     * Receives the progress of the training images' scores, for the threshold.
     *
     * @param done images so far
     * @param total images in all
     */
    default void scores(int done, int total) {}

    /**
     * Receives a model written to its file.
     *
     * @param model its file
     * @param info its description
     */
    default void saved(Path model, ModelInfo info) {}
}
