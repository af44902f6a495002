package org.rlr.model.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.abort;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.google.gson.JsonParser;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.rlr.model.ModelFile;
import org.rlr.tensor.io.SafeTensorsFile;

/**
 * Process limits and folders that cannot be written to give a clear error, and existing files stay unchanged.
 * {@link FullDiskTest} tests full disks.
 */
class FaultTest {
    private static final String OLD = "old";

    @TempDir
    private Path folder;

    private Path out;
    private Path model;

    @BeforeEach
    void files() throws IOException {
        assumeTrue(File.separatorChar == '/', "needs the limits of a shell");
        out = Files.createDirectory(folder.resolve("out"));
        model = Files.copy(TinyModel.model(), out.resolve("model.safetensors"));
        Files.writeString(out.resolve("old.safetensors"), OLD);
        Files.writeString(out.resolve("old.json"), OLD);
        Files.writeString(out.resolve("old.pth"), OLD);
    }

    private List<Object> arguments(String command) {
        return switch (command) {
            case "train" ->
                List.of(TinyModel.train(
                        TinyModel.data().resolve("fabric"),
                        out.resolve("old.safetensors"),
                        "--checkpoint-every",
                        "1",
                        "--checkpoint",
                        out.resolve("old.pth")));
            case "threshold" ->
                List.of(
                        "threshold",
                        "--model",
                        model,
                        "--normal",
                        TinyModel.data().resolve("fabric/test/good"),
                        "--false-alarm-rate",
                        "0.5");
            case "detect" ->
                List.of(
                        "detect",
                        "--model",
                        model,
                        TinyModel.images().get(0).getParent(),
                        "--json",
                        out.resolve("old.json"),
                        "--out",
                        out.resolve("pictures"));
            default -> throw new IllegalArgumentException(command);
        };
    }

    private CommandRun run(String script, List<Object> arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of("sh", "-c", script + " exec \"$@\"", out.toString()));
        // rescued files go there, which this test does not check
        command.addAll(CommandRun.commandLine(
                List.of("-Djava.io.tmpdir=" + Files.createDirectories(folder.resolve("temporary"))),
                arguments.toArray()));
        return CommandRun.process(Files.createDirectories(folder.resolve("logs")), command);
    }

    private void assertAsBefore() throws IOException {
        assertEquals(-1, Files.mismatch(TinyModel.model(), model));
        for (String name : List.of("old.safetensors", "old.json", "old.pth")) {
            assertEquals(OLD, Files.readString(out.resolve(name)), name);
        }
        try (Stream<Path> all = Files.walk(out)) {
            assertEquals(
                    List.of(),
                    all.filter(file -> file.getFileName().toString().startsWith("."))
                            .toList());
        }
    }

    /** Larger than the output of a command, smaller than a model. */
    @ParameterizedTest
    @ValueSource(strings = {"train", "threshold"})
    void aFileMayNotBecomeLargeEnough(String command) throws IOException, InterruptedException {
        run("ulimit -f 64;", arguments(command)).assertFailure("cannot write " + out, "File too large");
        assertAsBefore();
    }

    @ParameterizedTest
    @ValueSource(strings = {"train", "threshold", "detect"})
    void aFolderThatIsReadOnly(String command) throws IOException, InterruptedException {
        try {
            assumeTrue(
                    CommandRun.process(folder, List.of("unshare", "-r", "-m", "true"))
                                    .code()
                            == 0,
                    "this machine cannot mount a file system");
        } catch (IOException e) {
            abort("'unshare' is missing: " + e.getMessage());
        }
        // permissions do not stop the superuser, but a read-only mount does
        List<Object> arguments = arguments(command);
        List<String> line = new ArrayList<>(List.of(
                "unshare",
                "-r",
                "-m",
                "sh",
                "-c",
                "mount --bind \"$0\" \"$0\" && mount -o remount,bind,ro \"$0\" && exec \"$@\"",
                out.toString()));
        line.addAll(CommandRun.commandLine(List.of(), arguments.toArray()));
        CommandRun run = CommandRun.process(Files.createDirectories(folder.resolve("logs")), line);
        run.assertFailure("cannot write " + out, "write-protected");
        assertAsBefore();
    }

    /** Starts with the fewest files that a JVM needs. */
    @Test
    void fewFilesMayBeOpen() throws IOException, InterruptedException {
        int few = 8;
        while (run("ulimit -n " + few + ";", List.of("--version")).code() != 0) {
            few += 8;
        }
        for (String command : List.of("train", "detect")) {
            CommandRun run = run("ulimit -n " + few + ";", arguments(command));
            assertFalse(run.err().contains("\tat "), run.err());
            if (run.code() == 0) {
                continue; // this number is enough
            }
            assertEquals(1, run.code(), run.err());
            // the error is about a file or a class
            assertTrue(
                    run.err().contains("Too many open files") || run.err().contains("too many files are open"),
                    run.err());
            assertWholeOrAsBefore();
        }
    }

    /** The limit may be met after an output was written. Then it is complete. */
    private void assertWholeOrAsBefore() throws IOException {
        for (String name : List.of("old.safetensors", "old.pth", "old.json")) {
            Path file = out.resolve(name);
            byte[] content = Files.readAllBytes(file);
            if (Arrays.equals(content, OLD.getBytes(StandardCharsets.UTF_8))) {
                continue;
            }
            switch (name) {
                case "old.safetensors" -> ModelFile.info(file);
                case "old.pth" -> SafeTensorsFile.open(file).close();
                default -> JsonParser.parseString(new String(content, StandardCharsets.UTF_8));
            }
            Files.writeString(file, OLD);
        }
        assertAsBefore();
    }
}
