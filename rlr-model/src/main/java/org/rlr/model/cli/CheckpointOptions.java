package org.rlr.model.cli;

import java.nio.file.Path;
import org.rlr.model.train.TrainingCheckpoints;
import org.rlr.tensor.RlrException;
import picocli.CommandLine.Option;

/** What a training leaves behind to be gone on with, and what it goes on from. */
final class CheckpointOptions {
    @Option(
            names = "--checkpoint-every",
            paramLabel = "N",
            description = "Keep the state of the training every N epochs and at the end, to go on from with --resume.")
    private Integer every;

    @Option(
            names = "--checkpoint",
            paramLabel = "FILE",
            description = "Where to keep it (default: the name of --out with .checkpoint behind it).")
    private Path file;

    @Option(
            names = "--resume",
            paramLabel = "FILE",
            description =
                    "Go on from a state that --checkpoint-every kept, with the same options and images; --epochs may be more. Gives the same bits as a training left alone.")
    private Path resume;

    /** For a training whose result goes to a file. @throws RlrException if an option is missing */
    TrainingCheckpoints of(Path out) {
        if (file != null && every == null) {
            throw new RlrException(
                    "--checkpoint " + file + " says where to keep the training's state, but not when",
                    "give --checkpoint-every N too");
        }
        if (every == null) {
            return new TrainingCheckpoints(null, 1, resume);
        }
        return new TrainingCheckpoints(
                file != null ? file : out.resolveSibling(out.getFileName() + ".checkpoint"), every, resume);
    }
}
