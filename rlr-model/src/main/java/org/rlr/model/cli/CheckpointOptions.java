package org.rlr.model.cli;

import java.nio.file.Path;
import org.rlr.model.train.TrainingCheckpoints;
import org.rlr.tensor.RlrException;
import picocli.CommandLine.Option;

/** Options for checkpoints of a training and for resuming it. */
final class CheckpointOptions {
    @Option(
            names = "--checkpoint-every",
            paramLabel = "N",
            description = "Save a checkpoint of the training every N epochs and at the end, for --resume.")
    private Integer every;

    @Option(
            names = "--checkpoint",
            paramLabel = "FILE",
            description = "Checkpoint file (default: the name of --out followed by .checkpoint).")
    private Path file;

    @Option(
            names = "--resume",
            paramLabel = "FILE",
            description = "Resume from a checkpoint of --checkpoint-every, with the same options and images; "
                    + "--epochs may be larger. The result is bit-identical to that of an uninterrupted "
                    + "training.")
    private Path resume;

    /**
     * Returns the checkpoint settings of a training that writes {@code out}. @throws RlrException if an option is
     * missing
     */
    TrainingCheckpoints of(Path out) {
        if (file != null && every == null) {
            throw new RlrException(
                    "--checkpoint " + file + " has no effect without --checkpoint-every",
                    "give --checkpoint-every N too");
        }
        if (every == null) {
            return new TrainingCheckpoints(null, 1, resume);
        }
        return new TrainingCheckpoints(
                file != null ? file : out.resolveSibling(out.getFileName() + ".checkpoint"), every, resume);
    }
}
