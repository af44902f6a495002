package org.rlr.model.train;

import java.nio.file.Path;
import java.util.function.Consumer;
import org.rlr.tensor.CancelledException;
import org.rlr.tensor.RlrException;
import org.rlr.tensor.io.RescuedFiles;

/**
 * Keeps the state of a training that ends before its time: because its epochs cannot be written down any longer, as on
 * a disk that has become full, or because it was cancelled.
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
        } catch (CancelledException e) {
            throw e; // the state is kept by who hears of it
        } catch (RlrException e) {
            throw e.andRemedy(elsewhere(epoch, checkpoints, state, "once there is room, "));
        }
    }

    /**
     * Keeps the state of a cancelled training in the file that was asked for, or elsewhere where none was or it takes
     * no more.
     *
     * @return how to resume it
     */
    static String keep(TrainingCheckpoints checkpoints, int epoch, Consumer<Path> state) {
        if (checkpoints.file() != null) {
            try {
                state.accept(checkpoints.file());
                return resume(checkpoints.file());
            } catch (RlrException e) {
                return e.explanation() + "; " + elsewhere(epoch, checkpoints, state, "once there is room, ");
            }
        }
        return elsewhere(epoch, checkpoints, state, "");
    }

    /** How to resume from a state. */
    static String resume(Path file) {
        return "to resume, train again with `resume` " + file;
    }

    private static String elsewhere(int epoch, TrainingCheckpoints checkpoints, Consumer<Path> state, String when) {
        Path name = checkpoints.file() == null ? UNNAMED : checkpoints.file();
        return "the training's state after epoch " + epoch + ": "
                + new RescuedFiles().kept(name, state, when + "train again with `resume` and this file");
    }
}
