package org.rlr.model.train;

import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;
import org.jspecify.annotations.Nullable;
import org.rlr.model.config.ModelInfo;
import org.rlr.model.eval.Metric;
import org.rlr.tensor.ResourceException;
import org.rlr.tensor.RlrException;
import org.rlr.tensor.io.AtomicFile;
import org.rlr.tensor.io.IoReason;
import org.rlr.tensor.io.RescuedFiles;

/**
 * A CSV file with a line per epoch of a training, written at the epoch's end: {@code epoch}, {@code loss} and its parts
 * {@code loss_level<i>}, {@code learning_rate} (of the epoch's last step), {@code images_per_second},
 * {@code validation_loss} and its parts, and the test images' metrics (fractions, means over the classes). The columns
 * are always the same; values that were not computed are empty.
 */
public final class MetricsFile implements TrainingListener, AutoCloseable {
    private static final String LEARNING_RATE = "learning_rate";

    private final Path file;
    private final boolean resumed;
    private final List<Integer> levels;
    private final TrainingListener next;
    /** All lines, to be written elsewhere if writing the file fails. */
    private final StringBuilder text = new StringBuilder();

    private @Nullable BufferedWriter writer;

    /**
     * Creates the listener; does not open the file yet.
     *
     * @param file the CSV file
     * @param levels feature levels of the model
     * @param resumed whether to keep the lines of an earlier run; otherwise an existing file is replaced when the
     *     epochs begin
     * @param next receives all events; the end of an epoch after its line is written
     */
    public MetricsFile(Path file, List<Integer> levels, boolean resumed, TrainingListener next) {
        this.file = file;
        this.resumed = resumed;
        this.levels = List.copyOf(levels);
        this.next = next;
    }

    /** Returns the header line. */
    String header() {
        List<String> columns = new ArrayList<>(List.of("epoch", "loss"));
        levels.forEach(level -> columns.add("loss_level" + level));
        columns.add(LEARNING_RATE);
        columns.add("images_per_second");
        columns.add("validation_loss");
        levels.forEach(level -> columns.add("validation_loss_level" + level));
        for (Metric metric : Metric.values()) {
            columns.add(metric.key());
        }
        return String.join(",", columns);
    }

    /**
     * Opens the file. For a resumed training it keeps the lines of the epochs done and removes those of later epochs,
     * which are repeated.
     *
     * @param done epochs done
     * @param meanLoss mean training loss of the last epoch
     * @throws RlrException if it cannot be read or written, or is of another training; it is then unchanged
     */
    @Override
    public void started(int done, double meanLoss) {
        text.append(header()).append('\n');
        if (resumed && done > 0 && Files.isRegularFile(file)) {
            earlier(done, meanLoss).forEach(line -> text.append(line).append('\n'));
        }
        AtomicFile.writeString(file, text.toString());
        try {
            writer = Files.newBufferedWriter(file, StandardCharsets.UTF_8, StandardOpenOption.APPEND);
        } catch (IOException e) {
            throw failure("write", e);
        }
        next.started(done, meanLoss);
    }

    private List<String> earlier(int done, double meanLoss) {
        List<String> lines;
        try {
            lines = Files.readAllLines(file, StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw failure("read", e);
        }
        if (!lines.isEmpty() && lines.get(0).equals(header().replace(LEARNING_RATE + ",", ""))) {
            throw notOurs("was begun by an earlier version of this program, which wrote no column " + LEARNING_RATE);
        }
        if (lines.isEmpty() || !lines.get(0).equals(header())) {
            throw notOurs("is not the metrics of this training; its first line must be " + header());
        }
        List<String> kept = new ArrayList<>();
        int last = 0;
        for (String line : lines.subList(1, lines.size())) {
            if (last == done) {
                break; // later lines are written again, also a line left incomplete by a killed process
            }
            int epoch;
            try {
                epoch = Integer.parseInt(line.split(",", 2)[0]);
            } catch (NumberFormatException e) {
                throw notOurs("is damaged: '" + line + "' does not begin with an epoch");
            }
            if (epoch > done) {
                break;
            }
            if (epoch <= last) {
                throw notOurs("is damaged: epoch " + epoch + " comes after epoch " + last);
            }
            last = epoch;
            kept.add(line);
        }
        // the full loss identifies the line of this training
        if (last != done || !kept.get(kept.size() - 1).startsWith(done + "," + meanLoss + ",")) {
            throw notOurs("is not the metrics of the resumed training, which has a line of epoch " + done
                    + " with the loss " + meanLoss);
        }
        return kept;
    }

    private RlrException notOurs(String why) {
        return new RlrException(file + " " + why, "name another file with `metrics`, or move this one away");
    }

    /**
     * Writes an epoch's line.
     *
     * @param report of the epoch that ended
     * @throws ResourceException if it cannot be written, for example on a full disk; all lines are then kept elsewhere,
     *     and the remedy says where
     */
    @Override
    public void epoch(EpochReport report) {
        List<String> cells = new ArrayList<>();
        cells.add(Integer.toString(report.epoch()));
        losses(cells, report.training());
        cells.add(Float.toString(report.learningRate()));
        cells.add(String.format(java.util.Locale.ROOT, "%.2f", report.imagesPerSecond()));
        losses(cells, report.validation());
        for (Metric metric : Metric.values()) {
            OptionalDouble value = report.metrics() == null
                    ? OptionalDouble.empty()
                    : report.metrics().mean(metric);
            cells.add(value.isPresent() ? Double.toString(value.getAsDouble()) : "");
        }
        BufferedWriter open = writer;
        if (open == null) {
            throw new IllegalStateException("an epoch ends before the epochs have started");
        }
        String line = String.join(",", cells) + "\n";
        text.append(line);
        try {
            open.write(line);
            open.flush();
        } catch (IOException e) {
            throw failure("write", e)
                    .andRemedy("with the line of epoch " + report.epoch() + " "
                            + new RescuedFiles()
                                    .kept(
                                            file,
                                            place -> AtomicFile.writeString(place, text.toString()),
                                            "move it to where it belongs once there is room"));
        }
        next.epoch(report);
    }

    @Override
    public void heartbeat() {
        next.heartbeat();
    }

    @Override
    public void features(int done, int total) {
        next.features(done, total);
    }

    @Override
    public void estimated(TrainingEstimate estimate) {
        next.estimated(estimate);
    }

    @Override
    public void step(int epoch, int epochs, int step, int steps, double loss, int images) {
        next.step(epoch, epochs, step, steps, loss, images);
    }

    @Override
    public void evaluated(int epoch, int done, int total) {
        next.evaluated(epoch, done, total);
    }

    @Override
    public void scores(int done, int total) {
        next.scores(done, total);
    }

    @Override
    public void saved(Path model, ModelInfo info) {
        next.saved(model, info);
    }

    private void losses(List<String> cells, EpochReport.@Nullable Losses losses) {
        cells.add(losses == null ? "" : Double.toString(losses.total()));
        for (int i = 0; i < levels.size(); i++) {
            cells.add(losses == null ? "" : losses.levels().get(i).toString());
        }
    }

    private ResourceException failure(String what, IOException e) {
        return new ResourceException(
                ResourceException.Resource.DISK,
                "cannot " + what + " " + file + ": " + IoReason.of(e),
                "free some space there or name another file with `metrics`",
                e);
    }

    @Override
    public void close() {
        if (writer != null) {
            try {
                writer.close();
            } catch (IOException e) {
                throw failure("write", e);
            }
        }
    }
}
