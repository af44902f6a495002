package org.rlr.model.train;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.rlr.tensor.InvalidSettingException;

/**
 * The files to which a training writes its state and from which it resumes.
 *
 * @param file the file for the training's state; null for none
 * @param every the number of epochs between states; also written after the last epoch
 * @param resume the state to resume from; null to start a new training
 */
public record TrainingCheckpoints(
        @Nullable Path file, int every, @Nullable Path resume) {
    /** A new training that writes no state. */
    public static final TrainingCheckpoints NONE = new TrainingCheckpoints(null, 1, null);

    /**
     * Checks the range.
     *
     * @throws InvalidSettingException if {@code every} is below 1
     */
    public TrainingCheckpoints {
        InvalidSettingException.require(every >= 1, "TrainingCheckpoints.every", every, "at least 1");
    }

    /** Returns whether to write the state after an epoch, counted from 1. */
    boolean due(int epoch, int epochs) {
        return file != null && (epoch % every == 0 || epoch == epochs);
    }
}
