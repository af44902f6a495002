package org.rlr.model.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rlr.model.data.TestImages;

/** Failed writes, too little memory, a stopped run: one line of error, and the existing model stays. */
class TroubleWhileRunningTest {
    @TempDir
    Path folder;

    @TempDir
    Path logs;

    private Path model;

    @BeforeEach
    void copyAModel() throws IOException {
        model = Files.copy(TinyModel.model(), folder.resolve("model.safetensors"));
    }

    private void assertUntouched() throws IOException {
        assertEquals(-1, Files.mismatch(TinyModel.model(), model));
        try (Stream<Path> files = Files.list(folder)) {
            assertEquals(
                    List.of(model),
                    files.filter(file -> !file.endsWith(".model.safetensors.lock"))
                            .toList());
        }
    }

    /** Like a full disk: the system writes only a part of the model. */
    @Test
    void writingThatFailsInTheMiddleOfTheModel() throws IOException, InterruptedException {
        Path shell = Path.of("/bin/sh");
        assumeTrue(Files.isExecutable(shell), "/bin/sh is missing");
        List<String> command = new ArrayList<>(List.of(shell.toString(), "-c", "ulimit -f 200 && exec \"$@\"", "sh"));
        command.addAll(CommandRun.commandLine(List.of(), TinyModel.train(TinyModel.data(), model, "--seed", "5")));
        CommandRun.process(logs, command)
                .assertFailure(model, "File too large", "free some space", "unchanged", "it is lost, as ");
        assertUntouched();
    }

    @Test
    void tooLittleMemoryToTrain() throws IOException, InterruptedException {
        CommandRun.process(
                        logs,
                        CommandRun.commandLine(
                                List.of("-Xmx40m"),
                                "train",
                                "--recipe",
                                "published",
                                "--data",
                                TinyModel.data(),
                                "--out",
                                model,
                                "--image-size",
                                "512"))
                .assertFailure("out of memory", "--batch-size", "--image-size", "-Xmx");
        assertUntouched();
    }

    @Test
    void tooLittleMemoryForAnImage() throws IOException, InterruptedException {
        Path large = TestImages.writeFlat(logs.resolve("large.png"), 6000, 6000, 0x808080);
        CommandRun.process(logs, CommandRun.commandLine(List.of("-Xmx40m"), "detect", "--model", model, large))
                .assertFailure("6000×6000 pixels", "a heap of 40 MiB", "-Xmx");
    }

    @Test
    void aRunThatIsEndedSaysSoAndLeavesTheOldModel() throws IOException, InterruptedException {
        Path temporary = Files.createDirectory(logs.resolve("tmp"));
        Object[] args = TinyModel.train(TinyModel.data(), model, "--seed", "5", "--lr", "1e-6");
        for (int i = 0; i < args.length; i++) {
            if (args[i].equals("--epochs")) {
                args[i + 1] = "1000000";
            }
        }
        Process process = new ProcessBuilder(CommandRun.commandLine(List.of("-Djava.io.tmpdir=" + temporary), args))
                .redirectOutput(logs.resolve("out.txt").toFile())
                .start();
        StringBuilder err = new StringBuilder();
        try (InputStream stream = process.getErrorStream()) {
            for (int c = stream.read(); c >= 0; c = stream.read()) {
                err.append((char) c);
                if (c == '/' && err.indexOf("epoch ") >= 0) {
                    // through the handle, since the process would close the stream read here
                    process.toHandle().destroy();
                    err.append(new String(stream.readAllBytes(), StandardCharsets.UTF_8));
                }
            }
        }
        assertNotEquals(0, process.waitFor());
        List<String> lines = err.toString()
                .lines()
                .filter(line -> line.startsWith("interrupted: "))
                .toList();
        assertEquals(1, lines.size(), err.toString());
        assertTrue(
                lines.get(0).contains(model + " is unchanged") && lines.get(0).contains("again"), lines.get(0));
        assertFalse(err.toString().contains("\tat ") || err.toString().contains("error: "), err.toString());
        assertUntouched();
        try (Stream<Path> files = Files.list(temporary)) {
            assertEquals(List.of(), files.toList());
        }
    }
}
