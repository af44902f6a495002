package org.rlr.model.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.abort;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A disk that is full from the start, which is detected before any computation, or at the end, when no training result
 * is lost.
 */
class FullDiskTest {
    @TempDir
    Path folder;

    private Path temporary;
    private Path model;
    private Path metrics;

    @BeforeEach
    void names() throws IOException {
        temporary = Files.createDirectory(folder.resolve("temporary"));
        model = folder.resolve("model.safetensors");
        metrics = folder.resolve("metrics.csv");
    }

    private static Path fullDevice() {
        Path full = Path.of("/dev/full");
        assumeTrue(Files.exists(full), "there is no /dev/full here");
        return full;
    }

    private List<String> training(Path out, int epochs, Object... more) {
        List<Object> args = new ArrayList<>(Arrays.asList(TinyModel.train(TinyModel.data(), out, more)));
        args.set(args.indexOf("--epochs") + 1, epochs);
        return CommandRun.commandLine(List.of("-Djava.io.tmpdir=" + temporary), args.toArray());
    }

    private void succeeding(List<String> commandLine) throws IOException, InterruptedException {
        CommandRun run = CommandRun.process(folder, commandLine);
        assertEquals(0, run.code(), run.err());
    }

    /** Returns the rescued files by name. */
    private List<Path> allKept() throws IOException {
        try (Stream<Path> files = Files.walk(temporary)) {
            return files.filter(Files::isRegularFile)
                    .sorted(Comparator.comparing(Path::getFileName))
                    .toList();
        }
    }

    /** Returns the only rescued file. */
    private Path kept() throws IOException {
        assertEquals(1, allKept().size(), allKept().toString());
        return allKept().get(0);
    }

    @Test
    void aModelThatItsPlaceDoesNotTakeIsKept() throws IOException, InterruptedException {
        succeeding(training(model, 2));
        Path full = fullDevice();
        CommandRun run = CommandRun.process(folder, training(full, 2));
        run.assertFailure(
                "cannot write " + full,
                "No space left on device",
                "free some space",
                "it is kept as " + kept() + ": move it");
        assertEquals(-1, Files.mismatch(model, kept()));
        assertFalse(run.out().contains("MB, loss"), run.out());
    }

    @Test
    void theStateOfATrainingWhoseCheckpointCannotBeWrittenIsKept() throws IOException, InterruptedException {
        Path full = fullDevice();
        CommandRun.process(
                        folder,
                        training(model, 3, "--checkpoint-every", "2", "--checkpoint", full, "--metrics", metrics))
                .assertFailure(
                        "cannot write " + full,
                        "No space left on device",
                        "after epoch 2",
                        "it is kept as " + kept() + ": ",
                        "--resume");
        assertTrue(Files.notExists(model));
        assertGoesOn(kept(), 3);
    }

    /** Resuming from the rescued checkpoint gives the same bits and metrics as an uninterrupted training. */
    private void assertGoesOn(Path state, int epochs) throws IOException, InterruptedException {
        succeeding(training(model, epochs, "--resume", state, "--metrics", metrics));
        Path alone = folder.resolve("alone.safetensors");
        Path aloneMetrics = folder.resolve("alone.csv");
        succeeding(training(alone, epochs, "--metrics", aloneMetrics));
        assertEquals(-1, Files.mismatch(alone, model));
        assertEquals(
                Metrics.read(aloneMetrics).timeless(), Metrics.read(metrics).timeless());
    }

    /** Returns a command line with a small private disk, mounted at a folder. */
    private List<String> onASmallDisk(Path disk, String size, String script, List<String> commandLine)
            throws IOException, InterruptedException {
        List<String> mounted = List.of(
                "unshare",
                "-r",
                "-m",
                "sh",
                "-c",
                "mount -t tmpfs -o size=" + size + " none \"$0\" && cd / && " + script,
                Files.createDirectory(disk).toString());
        List<String> probe = new ArrayList<>(mounted);
        probe.set(5, "mount -t tmpfs none \"$0\"");
        try {
            assumeTrue(CommandRun.process(folder, probe).code() == 0, "no disk can be mounted here");
        } catch (IOException e) {
            abort("there is no 'unshare' here: " + e.getMessage());
        }
        List<String> command = new ArrayList<>(mounted);
        command.addAll(commandLine);
        return command;
    }

    @Test
    void aModelForWhichThereIsNoRoomIsNotTrained() throws IOException, InterruptedException {
        Path disk = folder.resolve("disk");
        Path out = disk.resolve("model.safetensors");
        CommandRun run = CommandRun.process(
                folder, onASmallDisk(disk, "64k", "exec \"$@\"", training(out, 1, "--metrics", metrics)));
        run.assertFailure(
                "not enough disk space for --out " + out,
                "the disk of " + disk + " has 0.1 MB free",
                "free some space");
        assertTrue(Files.notExists(metrics), "no epoch has begun");
    }

    /** The disk fills up after the first epochs are written. */
    @Test
    void aDiskThatFillsUpMeanwhile() throws IOException, InterruptedException {
        Path disk = folder.resolve("disk");
        Path lost = disk.resolve("metrics.csv");
        int epochs = 5000;
        String script = "{ \"$@\" & training=$!; while kill -0 $training && [ \"$(wc -l < \"$0\"/metrics.csv)\" -lt 2 "
                + "] || [ ! -e \"$0\"/metrics.csv ]; do sleep 0.1; done 2>/dev/null;"
                + " dd if=/dev/zero of=\"$0\"/filling bs=1k 2>/dev/null; wait $training; }";
        CommandRun run = CommandRun.process(
                folder, onASmallDisk(disk, "8m", script, training(model, epochs, "--metrics", lost)));
        assertEquals(
                List.of("metrics.csv", "training.checkpoint"),
                allKept().stream().map(file -> file.getFileName().toString()).toList(),
                run.err());
        Path lines = allKept().get(0);
        Path state = allKept().get(1);
        run.assertFailure(
                "cannot write " + lost,
                "No space left on device",
                "it is kept as " + lines + ": ",
                "it is kept as " + state + ": ",
                "--resume");
        int done = KilledTraining.epochs(state);
        assertTrue(done >= 1 && done < epochs, done + " epochs");
        Files.move(lines, metrics);
        assertGoesOn(state, done + 1);
    }
}
