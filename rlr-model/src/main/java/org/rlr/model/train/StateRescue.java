package org.rlr.model.train;

import java.nio.file.Path;
import java.util.function.Consumer;
import org.rlr.tensor.RlrException;
import org.rlr.tensor.io.RescuedFiles;

/**
 * Keeps the state of a training whose epochs cannot be written down any longer, as on a disk that has become full: it
 * ends, but is not lost.
 */
final class StateRescue {
    private static final Path UNNAMED = Path.of("training.checkpoint");

    private StateRescue() {}

    /**
     * Runs what writes at the end of an epoch.
     *
     * @param epoch the epoch, counted from 1
     * @param checkpoints what was asked for, whose file's name the state gets where there is one
     * @param state writes the state to the path it is given
     * @throws RlrException what {@code writing} throws, with the place where the state is kept and how to resume it
     */
    static void around(int epoch, TrainingCheckpoints checkpoints, Runnable writing, Consumer<Path> state) {
        try {
            writing.run();
        } catch (RlrException e) {
            Path name = checkpoints.file() == null ? UNNAMED : checkpoints.file();
            throw e.andRemedy("the training's state after epoch " + epoch + ": "
                    + new RescuedFiles()
                            .kept(name, state, "once there is room, train again with `resume` and this file"));
        }
    }
}
