package org.rlr.model.train;

/** Hears how a training goes on; all methods are called on the training thread. */
public interface TrainingListener {
    /** Hears nothing. */
    TrainingListener SILENT = new TrainingListener() { };

    /** Features of {@code done} of {@code total} training images are computed. */
    default void features(int done, int total) {
    }

    /** A step was made: its loss, summed over the levels, and the images it saw. */
    default void step(int epoch, int epochs, int step, int steps, double loss, int images) {
    }

    /** An epoch ended: the mean loss of its steps. */
    default void epoch(int epoch, int epochs, double meanLoss) {
    }

    /** Scores of {@code done} of {@code total} training images are computed, for the threshold. */
    default void scores(int done, int total) {
    }
}
