package org.rlr.model.train;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import org.rlr.model.config.ModelInfo;

/** Logs the progress of a training: a line per epoch and per model file. */
final class LoggingListener implements TrainingListener {
    private static final System.Logger LOG = System.getLogger(RlrTraining.class.getName());

    private int epochs;

    @Override
    public void started(int done, double meanLoss) {
        LOG.log(
                System.Logger.Level.INFO,
                () -> done == 0 ? "the training begins" : "the training resumes after epoch " + done);
    }

    @Override
    public void estimated(TrainingEstimate estimate) {
        Duration remaining = estimate.remaining();
        if (remaining != null) {
            LOG.log(
                    System.Logger.Level.INFO,
                    () -> estimate.epochs() + " epochs of " + estimate.steps() + " steps, about "
                            + remaining.toSeconds() + " s");
        }
    }

    @Override
    public void step(int epoch, int all, int step, int steps, double loss, int images) {
        epochs = all;
    }

    @Override
    public void epoch(EpochReport report) {
        LOG.log(
                System.Logger.Level.INFO,
                () -> String.format(
                        Locale.ROOT,
                        "epoch %d of %d: loss %.4g, %.3g images per second",
                        report.epoch(),
                        epochs,
                        report.training().total(),
                        report.imagesPerSecond()));
    }

    @Override
    public void saved(Path model, ModelInfo info) {
        LOG.log(System.Logger.Level.INFO, () -> "the model was written to " + model);
    }
}
