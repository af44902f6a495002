package org.rlr.model.train;

/** Hears how a training goes on; all methods are called on the training thread. */
public interface TrainingListener {
    /** Hears nothing. */
    TrainingListener SILENT = new TrainingListener() { };

    /** Features of {@code done} of {@code total} images are computed. */
    default void features(int done, int total) {
    }

    /** The epochs begin, after {@code done} that an earlier run made, the last with a mean loss of {@code meanLoss} (0 where there is none). */
    default void started(int done, double meanLoss) {
    }

    /** A step was made: its loss, summed over the levels, and the images it saw. */
    default void step(int epoch, int epochs, int step, int steps, double loss, int images) {
    }

    /** {@code done} of {@code total} test images are scored after an epoch. */
    default void evaluated(int epoch, int done, int total) {
    }

    /** An epoch ended, and nothing of it is on disk yet. */
    default void epoch(EpochReport report) {
    }

    /** Scores of {@code done} of {@code total} training images are computed, for the threshold. */
    default void scores(int done, int total) {
    }
}
