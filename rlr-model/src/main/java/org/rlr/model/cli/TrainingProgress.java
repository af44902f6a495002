package org.rlr.model.cli;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import me.tongfei.progressbar.ProgressBar;
import org.jspecify.annotations.Nullable;
import org.rlr.model.config.ModelInfo;
import org.rlr.model.train.EpochReport;
import org.rlr.model.train.TrainingEstimate;
import org.rlr.model.train.TrainingListener;

/**
 * Shows a training as progress bars on standard error: features, epochs with loss, images per second and time left,
 * scores.
 */
final class TrainingProgress implements TrainingListener, AutoCloseable {
    private final BiConsumer<Path, ModelInfo> saved;
    private final Consumer<TrainingEstimate> estimated;
    /** The last finished epoch. */
    private int last;

    private @Nullable Shown shown;
    private List<String> remarks = List.of();
    private int images;
    /** Epochs that an earlier process trained. */
    private int resumed;

    private long began;

    private record Shown(String task, ProgressBar bar) {}

    TrainingProgress() {
        this((file, info) -> {}, estimate -> {});
    }

    /**
     * @param saved called for each written model, while no bar is shown
     * @param estimated called with the plan of the training, while no bar is shown
     */
    TrainingProgress(BiConsumer<Path, ModelInfo> saved, Consumer<TrainingEstimate> estimated) {
        this.saved = saved;
        this.estimated = estimated;
    }

    private ProgressBar bar(String name, String unit, long total) {
        return bar(name, unit, total, 0);
    }

    /** @param earlier steps that an earlier process made, which the estimate of the time left excludes */
    private ProgressBar bar(String name, String unit, long total, long earlier) {
        Shown current = shown;
        if (current == null || !current.task.equals(name)) {
            end();
            current = new Shown(
                    name,
                    ProgressBars.of(name, total, unit, 1)
                            .continuousUpdate()
                            .startsFrom(earlier, Duration.ZERO)
                            .build());
            shown = current;
        }
        return current.bar;
    }

    @Override
    public void features(int done, int total) {
        bar("features", " images", total).stepTo(done);
    }

    @Override
    public void estimated(TrainingEstimate estimate) {
        end();
        estimated.accept(estimate);
    }

    @Override
    public void step(int epoch, int epochs, int step, int steps, double loss, int count) {
        ProgressBar b = bar("training", " steps", (long) epochs * steps, (long) resumed * steps);
        images += count;
        double seconds = (System.nanoTime() - began) / 1e9;
        b.setExtraMessage(String.format(
                Locale.ROOT, "epoch %d/%d, loss %.3f, %.1f images/s", epoch, epochs, loss, images / seconds));
        b.stepTo((long) (epoch - 1) * steps + step);
    }

    @Override
    public void started(int done, double meanLoss) {
        images = 0;
        resumed = done;
        last = done;
        began = System.nanoTime();
    }

    @Override
    public void epoch(EpochReport report) {
        last = report.epoch();
        if (report.metrics() != null) {
            remarks = report.metrics().remarks();
        }
    }

    /** {@return the number of finished epochs} */
    int last() {
        return last;
    }

    /** {@return remarks on the metrics of the test images, if they were evaluated} */
    List<String> remarks() {
        return remarks;
    }

    @Override
    public void evaluated(int epoch, int done, int total) {
        if (shown != null) {
            shown.bar.setExtraMessage(String.format(Locale.ROOT, "epoch %d, test image %d/%d", epoch, done, total));
        }
    }

    @Override
    public void scores(int done, int total) {
        bar("threshold", " images", total).stepTo(done);
    }

    @Override
    public void saved(Path model, ModelInfo info) {
        end();
        saved.accept(model, info);
    }

    /** Ends the current bar, so that text can follow it. */
    void end() {
        if (shown != null) {
            shown.bar.close();
            shown = null;
        }
    }

    @Override
    public void close() {
        end();
    }
}
