package org.rlr.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.awt.image.BufferedImage;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Applications with and without a module descriptor, in processes of their own, on the jars that they get. The build
 * runs it in phase verify, after packaging.
 */
@Tag("jars")
class ModulesTest {
    private static final String SCALAR = "the scalar kernels run";
    /** What an application of rlr-model has at runtime. */
    private static final List<String> LIBRARIES =
            libraries("rlr-tensor-.*", "rlr-model-.*", "ejml-.*", "gson-.*", "jspecify-.*", "error_prone_ann.*");
    /** What the command line has besides, from the class path, as an application without a descriptor. */
    private static final List<String> COMMAND_LINE =
            libraries("rlr-model-.*-cli", "picocli-.*", "progressbar-.*", "jline-.*");

    @TempDir
    private static Path files;

    private static Path model;

    @TempDir
    private Path folder;

    /** A model, trained on the module path. */
    @BeforeAll
    static void train() throws Exception {
        Random random = new Random(1);
        for (String kind : List.of("train/good", "test/good", "test/scratch")) {
            Path images = Files.createDirectories(files.resolve("data/part").resolve(kind));
            for (int i = 0; i < 4; i++) {
                BufferedImage image = new BufferedImage(64, 64, BufferedImage.TYPE_INT_RGB);
                for (int pixel = 0; pixel < 64 * 64; pixel++) {
                    image.setRGB(pixel % 64, pixel / 64, random.nextInt(1 << 24));
                }
                ImageIO.write(image, "png", images.resolve(i + ".png").toFile());
            }
        }
        model = files.resolve("model.safetensors");
        commandLine(training(model, "--image-size=64", "--width=16", "--layers=1", "--epochs=1"));
    }

    private static List<String> training(Path out, String... more) {
        List<String> arguments = new ArrayList<>(List.of("train", "--data=" + files.resolve("data"), "--out=" + out));
        arguments.addAll(List.of("--validation=0.5", "--keep-best", "--checkpoint-every=1"));
        arguments.addAll(List.of(more));
        return arguments;
    }

    private static List<String> libraries(String... names) {
        List<String> found = new ArrayList<>();
        for (String name : names) {
            List<String> jars = Arrays.stream(
                            System.getProperty("java.class.path").split(File.pathSeparator))
                    .filter(entry -> Path.of(entry)
                            .getFileName()
                            .toString()
                            .matches(name.contains("cli") ? name + "\\.jar" : name + "(?<!-cli|-tests)\\.jar"))
                    .toList();
            assertFalse(jars.isEmpty(), "the class path has no " + name + ".jar");
            found.addAll(jars);
        }
        return found;
    }

    @Test
    void requiringTheModelIsEnough() throws Exception {
        Path app = application("requires org.rlr.model;");
        Output said = run("java", "-p", path(LIBRARIES, app), "-m", "app/app.Inspect");
        assertTrue(said.err().contains(SCALAR), said.toString());
        assertEquals(score(said), score(run("java", "-cp", path(LIBRARIES, app), "app.Inspect")));
    }

    @Test
    void requiringTheVectorApiGivesVectors() throws Exception {
        Path app = application("requires org.rlr.model; requires jdk.incubator.vector;");
        Output said = run("java", "-p", path(LIBRARIES, app), "-m", "app/app.Inspect");
        assertFalse(said.err().contains(SCALAR), said.toString());
        assertEquals(
                score(said),
                score(run("java", "--add-modules=jdk.incubator.vector", "-cp", path(LIBRARIES, app), "app.Inspect")));
    }

    /** An image of the runtime, and the modules beside it. */
    @Test
    @Tag("thorough")
    void aRuntimeImageRunsIt() throws Exception {
        Path app = application("requires org.rlr.model;");
        Path image = folder.resolve("image");
        run(
                "jlink",
                "--add-modules",
                "java.desktop,java.management,java.net.http,jdk.incubator.vector,jdk.management,jdk.unsupported",
                "--output",
                image.toString());
        Output said = run(
                image.resolve("bin/java").toString(),
                "--add-modules=jdk.incubator.vector",
                "-p",
                path(LIBRARIES, app),
                "-m",
                "app/app.Inspect");
        assertFalse(said.err().contains(SCALAR), said.toString());
        assertEquals(
                score(said),
                score(run("java", "--add-modules=jdk.incubator.vector", "-cp", path(LIBRARIES, app), "app.Inspect")));
    }

    /** Settings and states of trainings through Gson, and what comes from resources. */
    @Test
    @Tag("thorough")
    void everythingWorksOnTheModulePath() throws Exception {
        Path config = folder.resolve("config.json");
        Files.writeString(config, commandLine(List.of("info", "--json", "--model=" + model)));
        Path other = folder.resolve("other.safetensors");
        String from = "--config=" + config;
        commandLine(training(other, from, "--epochs=1"));
        commandLine(training(other, from, "--epochs=2", "--resume=" + other + ".checkpoint"));
        Path report = folder.resolve("report.html");
        commandLine(List.of("evaluate", "--model=" + other, "--data=" + files.resolve("data"), "--report=" + report));
        assertTrue(Files.readString(report).contains("<style>"));
    }

    private static String commandLine(List<String> arguments) throws Exception {
        List<String> command = new ArrayList<>(List.of(
                "java",
                "-p",
                path(LIBRARIES),
                "--add-modules=org.rlr.model,jdk.incubator.vector",
                "-cp",
                path(COMMAND_LINE),
                "org.rlr.model.cli.Main"));
        command.addAll(arguments);
        return run(command.toArray(String[]::new)).out();
    }

    /** The folder of an application that detects. */
    private Path application(String descriptor) throws Exception {
        Path source = Files.createDirectories(folder.resolve("source/app"));
        Files.writeString(source.resolveSibling("module-info.java"), "module app { " + descriptor + " }");
        Files.writeString(
                source.resolve("Inspect.java"), """
                package app;

                import java.nio.file.Path;
                import javax.imageio.ImageIO;
                import org.rlr.model.detect.AnomalyDetector;

                public class Inspect {
                    public static void main(String[] args) throws Exception {
                        try (AnomalyDetector detector = AnomalyDetector.load(Path.of("%s"))) {
                            System.out.println("score " + detector.detect(ImageIO.read(Path.of("%s").toFile())).score());
                        }
                    }
                }
                """.formatted(model, files.resolve("data/part/test/good/0.png")));
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

    private static String path(List<String> jars, Path... more) {
        return Stream.concat(jars.stream(), Arrays.stream(more).map(Path::toString))
                .collect(Collectors.joining(File.pathSeparator));
    }

    private static String score(Output output) {
        return output.out()
                .lines()
                .filter(line -> line.startsWith("score "))
                .findFirst()
                .orElseThrow(() -> new AssertionError(output.toString()));
    }

    private record Output(String out, String err) {}

    /** Runs a program, of the JDK where its name has no folder. */
    private static Output run(String... command) throws IOException, InterruptedException {
        if (!command[0].contains(File.separator)) {
            command[0] =
                    Path.of(System.getProperty("java.home"), "bin", command[0]).toString();
        }
        Path errors = Files.createTempFile(files, "errors", ".txt");
        Process process =
                new ProcessBuilder(command).redirectError(errors.toFile()).start();
        String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        Output output = new Output(out, Files.readString(errors));
        assertEquals(0, process.waitFor(), () -> String.join(" ", command) + "\n" + output);
        return output;
    }
}
