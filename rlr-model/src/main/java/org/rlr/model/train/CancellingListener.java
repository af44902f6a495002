package org.rlr.model.train;

import java.nio.channels.ClosedByInterruptException;
import java.nio.file.Path;
import java.util.function.BooleanSupplier;
import org.rlr.model.config.ModelInfo;
import org.rlr.tensor.CancelledException;

/**
 * Cancels a training in the frequent events of its listener. The ends of epochs and models are excluded, because those
 * are written first.
 */
record CancellingListener(TrainingListener next, BooleanSupplier cancelWhen) implements TrainingListener {

    /** Returns whether an exception comes from a cancellation; an interrupt also closes files that are being read. */
    static boolean isBehind(RuntimeException thrown) {
        if (thrown instanceof CancelledException) {
            return true;
        }
        for (Throwable each = thrown; each != null; each = each.getCause()) {
            if (each instanceof ClosedByInterruptException) {
                return true;
            }
        }
        return false;
    }

    private void check() {
        CancelledException.throwIfInterrupted("training");
        if (cancelWhen.getAsBoolean()) {
            throw new CancelledException("cancelled", "", null);
        }
    }

    @Override
    public void heartbeat() {
        next.heartbeat();
        check();
    }

    @Override
    public void features(int done, int total) {
        next.features(done, total);
        check();
    }

    @Override
    public void started(int done, double meanLoss) {
        next.started(done, meanLoss);
    }

    @Override
    public void estimated(TrainingEstimate estimate) {
        next.estimated(estimate);
    }

    @Override
    public void step(int epoch, int epochs, int step, int steps, double loss, int images) {
        next.step(epoch, epochs, step, steps, loss, images);
        if (step < steps) {
            check();
        }
    }

    @Override
    public void evaluated(int epoch, int done, int total) {
        next.evaluated(epoch, done, total);
        check();
    }

    @Override
    public void epoch(EpochReport report) {
        next.epoch(report);
    }

    @Override
    public void scores(int done, int total) {
        next.scores(done, total);
        if (done < total) {
            check();
        }
    }

    @Override
    public void saved(Path model, ModelInfo info) {
        next.saved(model, info);
    }
}
