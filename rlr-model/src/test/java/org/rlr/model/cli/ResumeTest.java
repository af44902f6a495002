package org.rlr.model.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A resumed training gives the same file as an uninterrupted one, wherever it was stopped. */
class ResumeTest {
    @TempDir
    Path folder;

    private Path model;
    private Path checkpoint;

    @BeforeEach
    void name() {
        model = folder.resolve("model.safetensors");
        checkpoint = folder.resolve("model.safetensors.checkpoint");
    }

    private static Object[] training(Path out, int epochs, Object... more) {
        List<Object> args = new ArrayList<>(Arrays.asList(
                TinyModel.train(TinyModel.data(), out, "--batch-size", "3", "--optimizer", "zero-steps")));
        args.set(args.indexOf("--epochs") + 1, epochs);
        args.addAll(List.of(more));
        return args.toArray();
    }

    @Test
    void shorterThenLongerIsAsLongFromTheBeginning() throws IOException {
        Path alone = folder.resolve("alone.safetensors");
        CommandRun.succeeding(training(alone, 5));
        CommandRun.succeeding(training(model, 3, "--checkpoint-every", "2"));
        assertEquals(3, KilledTraining.epochs(checkpoint));
        Path second = folder.resolve("second.state");
        CommandRun.succeeding(
                training(model, 4, "--resume", checkpoint, "--checkpoint-every", "1", "--checkpoint", second));
        assertNotEquals(-1, Files.mismatch(alone, model));
        CommandRun.succeeding(training(model, 5, "--resume", second));
        assertEquals(-1, Files.mismatch(alone, model));
        // only the scores are left
        CommandRun.succeeding(training(model, 5, "--resume", second, "--checkpoint-every", "5"));
        CommandRun.succeeding(training(model, 5, "--resume", checkpoint));
        assertEquals(-1, Files.mismatch(alone, model));
    }

    /** Killed twice in the middle of a very long training, then resumed for two more epochs. */
    @Test
    void killedAndResumedIsAsLeftAlone() throws IOException, InterruptedException {
        int endless = 1_000_000;
        int done = 0;
        List<Object> resume = List.of();
        for (int kill = 1; kill <= 2; kill++) {
            done = KilledTraining.run(
                    CommandRun.commandLine(
                            List.of(), training(model, endless, concat(List.of("--checkpoint-every", "1"), resume))),
                    checkpoint,
                    done,
                    model);
            resume = List.of("--resume", checkpoint);
        }
        Path alone = folder.resolve("alone.safetensors");
        Path logs = Files.createDirectory(folder.resolve("logs"));
        CommandRun last = CommandRun.process(
                logs, CommandRun.commandLine(List.of(), training(model, done + 2, resume.toArray())));
        assertEquals(0, last.code(), last.err());
        CommandRun whole = CommandRun.process(logs, CommandRun.commandLine(List.of(), training(alone, done + 2)));
        assertEquals(0, whole.code(), whole.err());
        assertEquals(-1, Files.mismatch(alone, model));
    }

    private static Object[] concat(List<Object> first, List<Object> second) {
        List<Object> all = new ArrayList<>(first);
        all.addAll(second);
        return all.toArray();
    }

    @Test
    void aStateOfAnotherTrainingIsRefused() throws IOException {
        CommandRun.succeeding(training(model, 2, "--checkpoint-every", "1"));
        byte[] before = Files.readAllBytes(model);
        CommandRun.of(training(model, 1, "--resume", checkpoint)).assertFailure(checkpoint, "2 epochs", "--epochs 1");
        CommandRun.of(training(model, 3, "--resume", checkpoint, "--lr", "1e-3"))
                .assertFailure(
                        checkpoint,
                        "another training",
                        "differs: the settings (learningRate 1.0E-4 then, 0.001 now); give",
                        "without --resume");
        CommandRun.of(training(model, 3, "--resume", checkpoint, "--gate", "net", "--validation", "0.5"))
                .assertFailure(
                        checkpoint,
                        "another training",
                        "the model (gate none then, net now), the settings (validation none then, ");
        Object[] other = training(model, 3, "--resume", checkpoint);
        other[Arrays.asList(other).indexOf("--data") + 1] = TinyModel.data().resolve("fabric");
        CommandRun.of(other).assertFailure(checkpoint, "another training", "the training images");
        CommandRun.of(training(model, 3, "--resume", folder.resolve("missing")))
                .assertFailure("missing", "does not exist");
        Path copy = Files.copy(model, folder.resolve("copy.safetensors"));
        CommandRun.of(training(model, 3, "--resume", copy)).assertFailure(copy, "not the state of a training");
        CommandRun.of(training(model, 3, "--checkpoint-every", "0")).assertFailure("--checkpoint-every is 0");
        CommandRun.of(training(model, 3, "--checkpoint", checkpoint)).assertFailure("--checkpoint-every N");
        Files.write(checkpoint, Arrays.copyOf(Files.readAllBytes(checkpoint), 3000));
        CommandRun.of(training(model, 3, "--resume", checkpoint))
                .assertFailure(checkpoint, "not a usable SafeTensors file");
        assertArrayEquals(before, Files.readAllBytes(model));
    }
}
