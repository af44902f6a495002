package org.rlr.model.train;

import java.nio.file.Path;
import java.util.function.Consumer;
import org.rlr.tensor.CancelledException;
import org.rlr.tensor.RlrException;
import org.rlr.tensor.io.RescuedFiles;

/**
 * Keeps the state of a training that ends early: because writing fails at the end of an epoch, for example on a full
 * disk, or because it was cancelled.
 */
final class StateRescue {
    private static final Path UNNAMED = Path.of("training.checkpoint");

    private StateRescue() {}

    /**
     * Runs the writing at the end of an epoch.
     *
     * @param epoch the epoch, counted from 1
     * @param checkpoints the checkpoint settings; the state gets the name of their file, if any
     * @param state writes the state to a given path
     * @throws RlrException the error of {@code writing}, with the place of the kept state and how to resume
     */
    static void around(int epoch, TrainingCheckpoints checkpoints, Runnable writing, Consumer<Path> state) {
        try {
            writing.run();
        } catch (CancelledException e) {
            throw e; // the handler of a cancellation keeps the state
        } catch (RlrException e) {
            throw e.andRemedy(elsewhere(epoch, checkpoints, state, "once there is room, "));
        }
    }

    /**
     * Keeps the state of a cancelled training in the checkpoint file, or elsewhere without one or if writing it fails.
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

    /** Returns how to resume from a state. */
    static String resume(Path file) {
        return "to resume, train again with `resume` " + file;
    }

    private static String elsewhere(int epoch, TrainingCheckpoints checkpoints, Consumer<Path> state, String when) {
        Path name = checkpoints.file() == null ? UNNAMED : checkpoints.file();
        return "the training's state after epoch " + epoch + ": "
                + new RescuedFiles().kept(name, state, when + "train again with `resume` and this file");
    }
}
