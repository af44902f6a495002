package org.rlr.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;
import static org.rlr.bench.Processes.LIBRARIES;
import static org.rlr.bench.Processes.path;
import static org.rlr.bench.Processes.run;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Applications with and without a module descriptor, in separate processes, with the published jars. It runs in phase
 * verify, after packaging.
 */
@Tag("jars")
class ModulesTest {
    private static final String SCALAR = "using the scalar kernels";
    private static final String VECTORS = "requires org.rlr.model; requires jdk.incubator.vector;";

    @TempDir
    private static Path files;

    private static Path image;
    private static Path model;

    @TempDir
    private Path folder;

    @BeforeAll
    static void train() throws Exception {
        image = Processes.drawImages(files);
        model = Processes.trainModel(files);
    }

    @Test
    void requiringTheModelIsEnough() throws Exception {
        Path app = application("requires org.rlr.model;");
        Processes.Output said = run("java", "-p", path(LIBRARIES, app), "-m", "app/app.Inspect");
        assertTrue(said.err().contains(SCALAR), said.toString());
        assertEquals(
                said.out(),
                run("java", "-cp", path(LIBRARIES, app), "app.Inspect").out());
    }

    @Test
    void requiringTheVectorApiGivesVectors() throws Exception {
        Path app = application(VECTORS);
        Processes.Output said = run("java", "-p", path(LIBRARIES, app), "-m", "app/app.Inspect");
        assertFalse(said.err().contains(SCALAR), said.toString());
        assertEquals(said.out(), onTheClassPath(app));
    }

    private static String onTheClassPath(Path app) throws Exception {
        return run("java", "--add-modules=jdk.incubator.vector", "-cp", path(LIBRARIES, app), "app.Inspect")
                .out();
    }

    /** The commands of docs/how-to/embedding.md. */
    @Test
    @Tag("thorough")
    void jlinkLinksIt() throws Exception {
        assumeTrue(File.separatorChar == '/', "commands of the shell");
        Path app = application(VECTORS);
        Files.move(app, folder.resolve("classes"));
        Files.createDirectory(folder.resolve("lib"));
        for (String jar : LIBRARIES) {
            Files.copy(Path.of(jar), folder.resolve("lib").resolve(Path.of(jar).getFileName()));
        }
        Matcher commands = Pattern.compile("```sh\\n([^`]*jlink.*?)```", Pattern.DOTALL)
                .matcher(Files.readString(Path.of("..", "docs", "how-to", "embedding.md")));
        assertTrue(commands.find());
        Processes.Output linked = run(folder, Map.of(), "sh", "-e", "-c", commands.group(1));
        assertEquals(0, linked.exit(), linked.toString());
        Processes.Output said = run(folder.resolve("image/bin/app").toString());
        assertFalse(said.err().contains(SCALAR), said.toString());
        assertEquals(said.out(), onTheClassPath(folder.resolve("classes")));
    }

    /** Settings and training states through Gson, and resources. */
    @Test
    @Tag("thorough")
    void everythingWorksOnTheModulePath() throws Exception {
        Path config = folder.resolve("config.json");
        Files.writeString(config, Processes.commandLine("info", "--json", "--model=" + model));
        Path other = folder.resolve("other.safetensors");
        for (String state : new String[] {"--checkpoint=" + other + ".state", "--resume=" + other + ".state"}) {
            Processes.commandLine(
                    "train",
                    "--data=" + files.resolve("data"),
                    "--out=" + other,
                    "--config=" + config,
                    "--validation=0.5",
                    "--keep-best",
                    "--checkpoint-every=1",
                    "--epochs=" + (state.startsWith("--resume") ? 2 : 1),
                    state);
        }
        Path report = folder.resolve("report.html");
        Processes.commandLine("evaluate", "--model=" + other, "--data=" + files.resolve("data"), "--report=" + report);
        assertTrue(Files.readString(report).contains("<style>"));
    }

    /** Compiles an application that detects; returns its folder. */
    private Path application(String descriptor) throws Exception {
        Path source = Files.createDirectories(folder.resolve("source/app"));
        Files.writeString(source.resolveSibling("module-info.java"), "module app { " + descriptor + " }");
        Files.writeString(source.resolve("Inspect.java"), """
                package app;

                import java.nio.file.Path;
                import org.rlr.model.detect.AnomalyDetector;

                public class Inspect {
                    public static void main(String[] args) {
                        try (AnomalyDetector detector = AnomalyDetector.load(Path.of("%s"))) {
                            System.out.println(detector.detect(Path.of("%s")).score());
                        }
                    }
                }
                """.formatted(model, image));
        Path classes = folder.resolve("app");
        run(
                "javac",
                "-p",
                path(LIBRARIES),
                "-d",
                classes.toString(),
                source.resolveSibling("module-info.java").toString(),
                source.resolve("Inspect.java").toString());
        return classes;
    }
}
