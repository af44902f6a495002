package org.rlr.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.awt.image.BufferedImage;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.imageio.ImageIO;

/** Runs programs with the published jars, in separate processes. */
final class Processes {
    /** The run-time libraries of an application that uses rlr-model. */
    static final List<String> LIBRARIES =
            libraries("rlr-tensor-.*", "rlr-model-.*", "ejml-.*", "gson-.*", "jspecify-.*", "error_prone_ann.*");
    /** The additional libraries of the command line. */
    private static final List<String> COMMAND_LINE =
            libraries("rlr-model-.*-cli", "picocli-.*", "progressbar-.*", "jline-.*");

    private Processes() {}

    /** The output of a process. */
    record Output(int exit, String out, String err) {}

    private static List<String> libraries(String... names) {
        List<String> found = new ArrayList<>();
        for (String name : names) {
            String jar = name + (name.endsWith("-cli") ? "" : "(?<!-cli|-tests)") + "\\.jar";
            List<String> jars = Arrays.stream(
                            System.getProperty("java.class.path").split(File.pathSeparator))
                    .filter(entry -> Path.of(entry).getFileName().toString().matches(jar))
                    .toList();
            assertFalse(jars.isEmpty(), "the class path has no " + jar + "; run this test in phase verify");
            found.addAll(jars);
        }
        return found;
    }

    static String path(List<String> jars, Path... more) {
        return Stream.concat(jars.stream(), Arrays.stream(more).map(Path::toString))
                .collect(Collectors.joining(File.pathSeparator));
    }

    /** Writes a data set of one class, {@code part}, of noise, {@code data} in the folder; returns a normal image. */
    static Path drawImages(Path folder) throws IOException {
        Random random = new Random(1);
        for (String kind : List.of("train/good", "test/good", "test/scratch")) {
            drawNoise(folder.resolve("data/part").resolve(kind), 4, random);
        }
        return folder.resolve("data/part/test/good/0.png");
    }

    /** Writes images of noise, {@code 0.png} and so on, 64×64; returns the folder. */
    static Path drawNoise(Path folder, int count, Random random) throws IOException {
        Files.createDirectories(folder);
        for (int i = 0; i < count; i++) {
            BufferedImage image = new BufferedImage(64, 64, BufferedImage.TYPE_INT_RGB);
            for (int pixel = 0; pixel < 64 * 64; pixel++) {
                image.setRGB(pixel % 64, pixel / 64, random.nextInt(1 << 24));
            }
            ImageIO.write(image, "png", folder.resolve(i + ".png").toFile());
        }
        return folder;
    }

    /** Trains a small model on {@code data} in the folder; returns its file. */
    static Path trainModel(Path folder) throws Exception {
        Path model = folder.resolve("model.safetensors");
        commandLine(
                "train",
                "--recipe",
                "published",
                "--data=" + folder.resolve("data"),
                "--out=" + model,
                "--image-size=64",
                "--width=16",
                "--layers=1",
                "--epochs=1");
        return model;
    }

    /** Runs the command line on the class path with rlr-model on the module path; returns what it printed. */
    static String commandLine(String... arguments) throws Exception {
        List<String> command = new ArrayList<>(List.of(
                "java",
                "-p",
                path(LIBRARIES),
                "--add-modules=org.rlr.model,jdk.incubator.vector",
                "-cp",
                path(COMMAND_LINE),
                "org.rlr.model.cli.Main"));
        command.addAll(List.of(arguments));
        return run(command.toArray(String[]::new)).out();
    }

    /** Runs a program, from the JDK if its name has no folder; it must exit with 0. */
    static Output run(String... command) throws Exception {
        String[] all = command.clone();
        if (!all[0].contains(File.separator)) {
            all[0] = Path.of(System.getProperty("java.home"), "bin", all[0]).toString();
        }
        Output output = run(Path.of("."), Map.of(), all);
        assertEquals(0, output.exit(), () -> String.join(" ", all) + "\n" + output);
        return output;
    }

    /** Runs a program in a folder, with the JDK of this process first in the path. */
    static Output run(Path folder, Map<String, String> environment, String... command) throws Exception {
        Path errors = Files.createTempFile("errors", ".txt");
        ProcessBuilder builder =
                new ProcessBuilder(command).directory(folder.toFile()).redirectError(errors.toFile());
        String home = System.getProperty("java.home");
        builder.environment().put("JAVA_HOME", home);
        builder.environment()
                .merge("PATH", Path.of(home, "bin").toString(), (path, jdk) -> jdk + File.pathSeparator + path);
        builder.environment().putAll(environment);
        Process process = builder.start();
        String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        Output output = new Output(process.waitFor(), out, Files.readString(errors));
        Files.delete(errors);
        return output;
    }
}
