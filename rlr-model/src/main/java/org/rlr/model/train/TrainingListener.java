package org.rlr.model.train;

import java.nio.file.Path;
import org.rlr.model.config.ModelInfo;

/**
 * Hears how a training goes on; all methods are called on the training thread. What a method throws ends the training;
 * a {@link org.rlr.tensor.CancelledException} keeps its state, as {@link RlrTraining} says.
 */
public interface TrainingListener {
    /** Hears nothing. */
    TrainingListener SILENT = new TrainingListener() {};

    /**
     * The training goes on, although there is nothing to count: before each epoch, for each image whose contents are
     * compared with a state to resume, and ten times a second while an image is waited for.
     */
    default void heartbeat() {}

    /**
     * Features of {@code done} of {@code total} images are computed.
     *
     * @param done inputs so far
     * @param total inputs in all
     */
    default void features(int done, int total) {}

    /**
     * The features are computed, and the epochs are about to begin.
     *
     * @param estimate what is going to be done, and how long it takes
     */
    default void estimated(TrainingEstimate estimate) {}

    /**
     * The epochs begin, after {@code done} that an earlier run made, the last with a mean loss of {@code meanLoss} (0
     * where there is none).
     *
     * @param done epochs made before
     * @param meanLoss mean training loss of the last of them
     */
    default void started(int done, double meanLoss) {}

    /**
     * A step was made: its loss, summed over the levels, and the images it saw.
     *
     * @param epoch number of the epoch, from 1
     * @param epochs how many in all
     * @param step number of the step in the epoch, from 1
     * @param steps steps of the epoch
     * @param loss of the step's batch
     * @param images in the batch
     */
    default void step(int epoch, int epochs, int step, int steps, double loss, int images) {}

    /**
     * {@code done} of {@code total} test images are scored after an epoch.
     *
     * @param epoch number of the epoch, from 1
     * @param done images so far
     * @param total images in all
     */
    default void evaluated(int epoch, int done, int total) {}

    /**
     * An epoch ended, and nothing of it is on disk yet.
     *
     * @param report losses and metrics
     */
    default void epoch(EpochReport report) {}

    /**
     * Scores of {@code done} of {@code total} training images are computed, for the threshold.
     *
     * @param done images so far
     * @param total images in all
     */
    default void scores(int done, int total) {}

    /**
     * A model was written to its file.
     *
     * @param model its file
     * @param info its description
     */
    default void saved(Path model, ModelInfo info) {}
}
