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
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A disk without room, from the beginning or at the end: known before anything is computed, or nothing that was learned is lost. */
class FullDiskTest {
    @TempDir
    Path folder;
    private Path temporary;
    private Path model;

    @BeforeEach
    void names() throws IOException {
        temporary = Files.createDirectory(folder.resolve("temporary"));
        model = folder.resolve("model.safetensors");
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

    /** The one file that is kept. */
    private Path kept() throws IOException {
        try (Stream<Path> files = Files.walk(temporary)) {
            List<Path> all = files.filter(Files::isRegularFile).toList();
            assertEquals(1, all.size(), all.toString());
            return all.get(0);
        }
    }

    @Test
    void aModelThatItsPlaceDoesNotTakeIsKept() throws IOException, InterruptedException {
        succeeding(training(model, 2));
        Path full = fullDevice();
        CommandRun run = CommandRun.process(folder, training(full, 2));
        run.assertFailure("cannot write " + full, "No space left on device", "free some space", "it is kept as " + kept() + ": move it");
        assertEquals(-1, Files.mismatch(model, kept()));
        assertFalse(run.out().contains("MB, loss"), run.out());
    }

    @Test
    void theStateOfATrainingWhoseCheckpointCannotBeWrittenIsKept() throws IOException, InterruptedException {
        Path full = fullDevice();
        CommandRun.process(folder, training(model, 3, "--checkpoint-every", "2", "--checkpoint", full))
                .assertFailure("cannot write " + full, "No space left on device", "after epoch 2", "it is kept as " + kept() + ": ", "--resume");
        assertTrue(Files.notExists(model));
        assertGoesOn(3);
    }

    /** The state that is kept gives the same bits as a training left alone. */
    private void assertGoesOn(int epochs) throws IOException, InterruptedException {
        succeeding(training(model, epochs, "--resume", kept()));
        Path alone = folder.resolve("alone.safetensors");
        succeeding(training(alone, epochs));
        assertEquals(-1, Files.mismatch(alone, model));
    }

    /** A command line on a small disk of its own, which only it sees, mounted at a folder. */
    private List<String> onASmallDisk(Path disk, String size, String script, List<String> commandLine) throws IOException, InterruptedException {
        List<String> mounted = List.of("unshare", "-r", "-m", "sh", "-c", "mount -t tmpfs -o size=" + size + " none \"$0\" && cd / && " + script, Files.createDirectory(disk).toString());
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
        Path metrics = folder.resolve("metrics.csv");
        CommandRun run = CommandRun.process(folder, onASmallDisk(disk, "64k", "exec \"$@\"", training(out, 1, "--metrics", metrics)));
        run.assertFailure("no room for --out " + out, disk + " is on a disk that has 0.1 MB free", "free some space");
        assertTrue(Files.notExists(metrics), "no epoch has begun");
    }

    /** The disk is filled when the first epochs have been written down. */
    @Test
    void aDiskThatFillsUpMeanwhile() throws IOException, InterruptedException {
        Path disk = folder.resolve("disk");
        Path metrics = disk.resolve("metrics.csv");
        int epochs = 5000;
        String script = "{ \"$@\" & training=$!; while kill -0 $training && [ \"$(wc -l < \"$0\"/metrics.csv)\" -lt 2 ] || [ ! -e \"$0\"/metrics.csv ]; do :; done 2>/dev/null;"
                + " dd if=/dev/zero of=\"$0\"/filling bs=1k 2>/dev/null; wait $training; }";
        CommandRun.process(folder, onASmallDisk(disk, "8m", script, training(model, epochs, "--metrics", metrics)))
                .assertFailure("cannot write " + metrics, "No space left on device", "it is kept as " + kept() + ": ", "--resume");
        int done = KilledTraining.epochs(kept());
        assertTrue(done >= 1 && done < epochs, done + " epochs");
        assertGoesOn(done + 1);
    }
}
