package org.rlr.model.train;

import java.nio.file.Path;
import org.rlr.tensor.RlrException;

/**
 * What a training leaves behind to be gone on with, and what it goes on from.
 *
 * @param file where to write the state of the training; null for nowhere
 * @param every after how many epochs, and after the last
 * @param resume the state to go on from; null to begin
 */
public record TrainingCheckpoints(Path file, int every, Path resume) {
    /** A training from the beginning that leaves nothing behind. */
    public static final TrainingCheckpoints NONE = new TrainingCheckpoints(null, 1, null);

    /**
     * Checks the range.
     *
     * @param file where to write the state of the training; null for nowhere
     * @param every after how many epochs, and after the last
     * @param resume the state to go on from; null to begin
     * @throws RlrException naming the option and its range
     */
    public TrainingCheckpoints {
        if (every < 1) {
            throw new RlrException("--checkpoint-every is " + every + "; it must be at least 1");
        }
    }

    /**
     * How large a state's file is.
     *
     * @param parameters numbers that all transformers learn
     * @param kept epochs whose parameters are kept beside the last one's
     * @return bytes of its tensors; its header is a few thousand more
     */
    public static long bytes(long parameters, int kept) {
        return TrainingState.bytes(parameters, kept);
    }

    /** Whether the state is to be written after an epoch, counted from 1. */
    boolean due(int epoch, int epochs) {
        return file != null && (epoch % every == 0 || epoch == epochs);
    }
}
