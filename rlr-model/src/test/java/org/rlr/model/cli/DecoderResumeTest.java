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

/** A resumed training of a decoder gives the same file as an uninterrupted one, wherever it was stopped. */
class DecoderResumeTest {
    @TempDir
    Path folder;

    private Path decoder;
    private Path checkpoint;

    @BeforeEach
    void name() {
        decoder = folder.resolve("decoder.safetensors");
        checkpoint = folder.resolve("decoder.safetensors.checkpoint");
    }

    /** Two images, to be fast. */
    private static Object[] training(Path out, int epochs, Object... more) {
        List<Object> args = new ArrayList<>(List.of(
                "decoder",
                "train",
                "--model",
                TinyModel.model(),
                "--data",
                TinyModel.data().resolve("fabric"),
                "--out",
                out,
                "--batch-size",
                "1",
                "--threads",
                "2",
                "--epochs",
                epochs));
        args.addAll(List.of(more));
        return args.toArray();
    }

    @Test
    void shorterThenLongerIsAsLongFromTheBeginning() throws IOException {
        Path alone = folder.resolve("alone.safetensors");
        CommandRun.succeeding(training(alone, 3));
        CommandRun.succeeding(training(decoder, 1, "--checkpoint-every", "2"));
        assertEquals(1, KilledTraining.epochs(checkpoint));
        assertNotEquals(-1, Files.mismatch(alone, decoder));
        Path second = folder.resolve("second.state");
        CommandRun.succeeding(
                training(decoder, 3, "--resume", checkpoint, "--checkpoint-every", "2", "--checkpoint", second));
        assertEquals(-1, Files.mismatch(alone, decoder));
        // no epochs left
        Files.delete(decoder);
        CommandRun.succeeding(training(decoder, 3, "--resume", second));
        assertEquals(-1, Files.mismatch(alone, decoder));
    }

    /** Killed, then resumed for one more epoch. */
    @Test
    void killedAndResumedIsAsLeftAlone() throws IOException, InterruptedException {
        int done = KilledTraining.run(
                commandLine(training(decoder, 1_000_000, "--checkpoint-every", "1")), checkpoint, 0, decoder);
        Path alone = folder.resolve("alone.safetensors");
        Path logs = Files.createDirectory(folder.resolve("logs"));
        for (Object[] each :
                new Object[][] {training(decoder, done + 1, "--resume", checkpoint), training(alone, done + 1)}) {
            CommandRun run = CommandRun.process(logs, commandLine(each));
            assertEquals(0, run.code(), run.err());
        }
        assertEquals(-1, Files.mismatch(alone, decoder));
    }

    /** On the fast kernels, since a decoder needs much computation. */
    private static List<String> commandLine(Object[] args) {
        return CommandRun.commandLine(List.of("-Drlr.cpu.kernels=auto", "-XX:TieredStopAtLevel=4"), args);
    }

    @Test
    void aStateOfAnotherTrainingIsRefused() throws IOException {
        CommandRun.succeeding(training(decoder, 2, "--checkpoint-every", "2"));
        byte[] before = Files.readAllBytes(decoder);
        CommandRun.of(training(decoder, 1, "--resume", checkpoint)).assertFailure(checkpoint, "2 epochs", "--epochs 1");
        CommandRun.of(training(decoder, 3, "--resume", checkpoint, "--lr", "1e-3"))
                .assertFailure(
                        checkpoint,
                        "another training",
                        "the settings (learningRate 1.0E-4 then, 0.001 now)",
                        "without --resume");
        Object[] other = training(decoder, 3, "--resume", checkpoint);
        other[Arrays.asList(other).indexOf("--data") + 1] = TinyModel.data();
        CommandRun.of(other).assertFailure(checkpoint, "another training", "the training images");
        Path smooth = folder.resolve("model.safetensors");
        CommandRun.succeeding(TinyModel.train(TinyModel.data(), smooth, "--no-avg-pool"));
        other = training(decoder, 3, "--resume", checkpoint);
        other[Arrays.asList(other).indexOf("--model") + 1] = smooth;
        CommandRun.of(other)
                .assertFailure(
                        checkpoint, "another training", "the model's features (averagePool true then, false now");
        Path copy = Files.copy(decoder, folder.resolve("copy.safetensors"));
        CommandRun.of(training(decoder, 3, "--resume", copy))
                .assertFailure(copy, "not the state of a decoder's training", "rlr decoder train --checkpoint-every");
        CommandRun.of(training(decoder, 3, "--checkpoint", checkpoint)).assertFailure("--checkpoint-every N");
        CommandRun.of(training(decoder, 3, "--checkpoint-every", "1", "--checkpoint", decoder))
                .assertFailure(decoder, "two different files");
        CommandRun.of(training(decoder, 3, "--checkpoint-every", "1", "--checkpoint", TinyModel.model()))
                .assertFailure(TinyModel.model(), "--checkpoint", "would overwrite");
        // and in the other direction
        CommandRun.of(TinyModel.train(TinyModel.data(), folder.resolve("m"), "--resume", checkpoint))
                .assertFailure(checkpoint, "not the state of a training", "rlr train --checkpoint-every");
        Files.write(checkpoint, Arrays.copyOf(Files.readAllBytes(checkpoint), 3000));
        CommandRun.of(training(decoder, 3, "--resume", checkpoint))
                .assertFailure(checkpoint, "not a usable SafeTensors file");
        assertArrayEquals(before, Files.readAllBytes(decoder));
    }
}
