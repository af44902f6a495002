package org.rlr.model.train;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.rlr.tensor.InvalidSettingException;

/**
 * Where a training writes its state, and the state that it resumes from.
 *
 * @param file where to write the state of the training; null for nowhere
 * @param every after how many epochs, and after the last
 * @param resume the state to resume from; null to begin
 */
public record TrainingCheckpoints(
        @Nullable Path file, int every, @Nullable Path resume) {
    /** A training from the beginning that leaves nothing behind. */
    public static final TrainingCheckpoints NONE = new TrainingCheckpoints(null, 1, null);

    /**
     * Checks the range.
     *
     * @throws InvalidSettingException if {@code every} is below 1
     */
    public TrainingCheckpoints {
        InvalidSettingException.require(every >= 1, "TrainingCheckpoints.every", every, "at least 1");
    }

    /** Whether the state is to be written after an epoch, counted from 1. */
    boolean due(int epoch, int epochs) {
        return file != null && (epoch % every == 0 || epoch == epochs);
    }
}
