package org.rlr.model.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A standard output that cannot be written: a full disk is an error, a pipe closed by its reader is accepted. */
class StandardOutputTest {
    @TempDir
    Path folder;

    private static Object[] words(String command) {
        List<Object> words = new ArrayList<>(List.of(command.split(" ")));
        words.replaceAll(word -> word.equals("MODEL")
                ? TinyModel.model()
                : word.equals("IMAGE") ? TinyModel.images().get(0) : word);
        return words.toArray();
    }

    private static CommandRun run(Path out, Object... args) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(CommandRun.commandLine(List.of(), args))
                .redirectOutput(out.toFile())
                .start();
        String err = new String(process.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);
        return new CommandRun(process.waitFor(), "", err.replaceAll("WARNING: Using incubator .*\\R", ""));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "--version",
                "train --help",
                "info --model MODEL",
                "info --json --model MODEL",
                "backbones",
                "detect --model MODEL IMAGE",
                "detect --model MODEL --json /dev/stdout IMAGE"
            })
    void aFullDiskIsAnError(String command) throws Exception {
        Path full = Path.of("/dev/full");
        assumeTrue(Files.exists(full), "/dev/full is missing");
        CommandRun run = run(full, words(command));
        assertEquals(1, run.code(), run.err());
        assertEquals(1, run.errors().size(), run.err());
        assertTrue(run.errors().get(0).matches("error: cannot write .*No space left on device.*"), run.err());
        assertFalse(run.err().contains("\tat "), run.err());
    }

    /** Files are still written. */
    @Test
    void whatGoesToFilesIsWritten() throws Exception {
        Path full = Path.of("/dev/full");
        assumeTrue(Files.exists(full), "/dev/full is missing");
        Path json = folder.resolve("detected.json");
        List<Path> images = TinyModel.images().subList(0, 2);
        CommandRun run =
                run(full, "detect", "--model", TinyModel.model(), "--json", json, images.get(0), images.get(1));
        assertEquals(1, run.code(), run.err());
        assertTrue(Files.readString(json).contains(images.get(1).getFileName().toString()));
    }

    private static CommandRun closed(Object... args) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(CommandRun.commandLine(List.of(), args)).start();
        // long before the new JVM has started
        process.getInputStream().close();
        String err = new String(process.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);
        return new CommandRun(process.waitFor(), "", err.replaceAll("WARNING: Using incubator .*\\R", ""));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "--help",
                "info --json --model MODEL",
                "detect --model MODEL IMAGE missing.png",
                "detect --model MODEL --json /dev/stdout IMAGE"
            })
    void aReaderThatHasEnoughEndsACommandSilently(String command) throws Exception {
        CommandRun run = closed(words(command));
        assertEquals("", run.err());
        assertEquals(0, run.code());
    }
}
