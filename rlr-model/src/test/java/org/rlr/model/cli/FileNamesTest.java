package org.rlr.model.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
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
import org.rlr.model.data.ClassSamples;
import org.rlr.model.data.DataSet;
import org.rlr.tensor.backend.Backend;
import org.rlr.tensor.backend.BackendSettings;
import org.rlr.tensor.backend.Backends;

/** Names of files with any letters, also where there is no locale, as in a container. */
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

    /** The program starts itself again for the Vector API, and then with a locale. */
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

    @Test
    void aCommandLineHoldsThemAsAShellTakesThem() {
        assertEquals("model-2.safetensors", FileNames.quoted("model-2.safetensors"));
        assertEquals("'my model'", FileNames.quoted("my model"));
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
