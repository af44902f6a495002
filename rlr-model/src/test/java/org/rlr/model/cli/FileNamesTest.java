package org.rlr.model.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.Charset;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.rlr.model.data.ClassSamples;
import org.rlr.model.data.DataSet;
import org.rlr.tensor.backend.Backend;
import org.rlr.tensor.backend.BackendSettings;
import org.rlr.tensor.backend.Backends;

/** File names with any letters, also without a locale, as in a container. */
class FileNamesTest {
    private static final Path ENV = Path.of("/usr/bin/env");

    @TempDir
    Path folder;

    private Path images;

    @BeforeEach
    void anImageWithAName() throws IOException {
        assumeTrue(
                Files.isExecutable(ENV)
                        && Charset.forName(System.getProperty("sun.jnu.encoding"))
                                .newEncoder()
                                .canEncode("ä日"),
                "this test itself needs a locale and " + ENV);
        images = Files.createDirectory(folder.resolve("images"));
        Files.copy(TinyModel.images().get(0), images.resolve("teil ä日.png"));
    }

    /** The program restarts itself for the Vector API, and then with a locale. */
    @Test
    void namesInAFolder() throws IOException, InterruptedException {
        List<String> command = withoutLocale(
                "detect",
                "--model",
                TinyModel.model(),
                "--out",
                folder.resolve("pictures"),
                "--json",
                folder.resolve("x.json"),
                images);
        command.remove("--add-modules=jdk.incubator.vector");
        CommandRun run = CommandRun.process(folder, command);
        assertEquals(0, run.code(), run.err());
        assertTrue(Files.exists(folder.resolve("pictures/teil ä日.png")));
        assertTrue(Files.readString(folder.resolve("x.json")).contains("teil ä日.png"));
    }

    @Test
    void whereItCannotBeHelpedTheRemedyIsNamed() throws IOException, InterruptedException {
        CommandRun.process(folder, withoutLocale("detect", "--model", TinyModel.model(), images.resolve("teil ä日.png")))
                .assertFailure("teil ", "LC_ALL=C.UTF-8");
        CommandRun.process(
                        folder,
                        withoutLocale(
                                "detect", "--model", TinyModel.model(), "--out", folder.resolve("pictures"), images))
                .assertFailure("teil ", "LC_ALL=C.UTF-8");
    }

    /** The program restarts itself with a locale, with or without the Vector API. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aWorkingFolderWithAName(boolean vectors) throws IOException, InterruptedException {
        for (List<Object> args : List.<List<Object>>of(
                List.of("--version"),
                List.of("devices"),
                List.of("data", "check", "--layout", "folder", "."),
                List.of("info", "--model", "missing"))) {
            List<String> command = withoutLocale(args.toArray());
            if (!vectors) {
                command.remove("--add-modules=jdk.incubator.vector");
            }
            CommandRun run = in(images.getParent(), "ordner ü日", command);
            assertFalse(run.err().contains("\tat "), run.err());
            if (args.contains("missing")) {
                run.assertFailure("missing does not exist");
            } else {
                // a check of a folder without images fails
                assertEquals(0, run.code(), run.err());
            }
        }
    }

    /** The restart did not help, since the locale does not exist. */
    @Test
    void aWorkingFolderThatCannotBeReadNamesTheRemedy() throws IOException, InterruptedException {
        List<String> command = withoutLocale("devices");
        command.add(
                command.indexOf("-cp"),
                "-Drlr.launcher=" + ProcessHandle.current().pid());
        CommandRun run = in(folder, "ordner ü日", command);
        run.assertFailure("the working folder '", "LC_ALL=C.UTF-8");
        assertEquals("", run.out());
    }

    /** Runs a command in a folder with the given name that contains an image. */
    private CommandRun in(Path parent, String name, List<String> command) throws IOException, InterruptedException {
        Path working = parent.resolve(name);
        if (Files.notExists(working)) {
            Files.createDirectory(working);
            Files.copy(TinyModel.images().get(0), working.resolve("teil.png"));
        }
        List<String> there = new ArrayList<>(List.of("/bin/sh", "-c", "cd \"$0\" && exec \"$@\"", working.toString()));
        there.addAll(command);
        return CommandRun.process(folder, there);
    }

    @Test
    void theOptionsOfAJvm() {
        assertEquals(
                List.of("-Xmx1g", "--add-modules=a", "--add-opens=b/c=d", "-Dx=-cp"),
                Relaunch.jvmOptions(
                        "-Xmx1g", "--add-modules", "a", "-cp", "x y", "--add-opens=b/c=d", "-Dx=-cp", "Main", "-v"));
        assertEquals(List.of("-ea"), Relaunch.jvmOptions("-ea", "-jar", "rlr.jar", "-Xmx1g"));
        assertEquals(List.of(), Relaunch.jvmOptions());
    }

    @Test
    void aCommandLineHoldsThemAsAShellTakesThem() {
        assertEquals("model-2.safetensors", FileNames.quoted("model-2.safetensors"));
        assertEquals("'my model'", FileNames.quoted("my model"));
        assertEquals("$'my\\u000amo\\'del\\\\'", FileNames.quoted("my\nmo'del\\"));
        assertEquals("'it'\\''s $1'", FileNames.quoted("it's $1"));
        assertEquals("''", FileNames.quoted(""));
        DataSet set = new DataSet(
                Path.of("my data"), "mvtec", List.of(new ClassSamples("a", Path.of("a"), List.of(), List.of())));
        try (Backend cpu = Backends.open("cpu", BackendSettings.DEFAULTS.withThreads(1))) {
            assertEquals(
                    "rlr evaluate --model 'my model' --data 'my data' --layout mvtec",
                    EvaluateCommand.settings(set, Path.of("my model"), "", cpu).get("command"));
        }
    }

    private static List<String> withoutLocale(Object... args) {
        List<String> command = new ArrayList<>(List.of(ENV.toString(), "LC_ALL=C"));
        command.addAll(CommandRun.commandLine(List.of(), args));
        return command;
    }
}
