package org.rlr.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.abort;
import static org.rlr.bench.Processes.run;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The examples, built by Maven from their own poms with the artifacts of this build, and run. The build runs it in
 * phase verify, after packaging.
 */
@Tag("jars")
@Tag("thorough")
class ExamplesTest {
    private static final Path MODEL = Path.of("..", "rlr-model");
    private static final Path TARGET = Path.of("target").toAbsolutePath();
    /** What Maven says where it cannot reach an artifact. */
    private static final Pattern UNREACHED =
            Pattern.compile("Could not (transfer|find) artifact (?!org\\.rlr:)|Unknown host|Connection refused");

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
        publish();
    }

    /** A repository with the artifacts of this build. */
    private static void publish() throws IOException {
        String pom = Files.readString(MODEL.resolve("bom/pom.xml"));
        String version = pom.replaceAll("(?s).*?<version>(.*?)</version>.*", "$1");
        for (String module : new String[] {"rlr-parent", "rlr-tensor", "rlr-cuda", "rlr-model", "rlr-bom"}) {
            Path to = TARGET.resolve("built/org/rlr").resolve(module).resolve(version);
            Files.createDirectories(to);
            Path from = switch (module) {
                case "rlr-parent" -> MODEL.resolveSibling("pom.xml");
                case "rlr-bom" -> MODEL.resolve("bom/pom.xml");
                default -> MODEL.resolveSibling(module).resolve("pom.xml");
            };
            Files.write(to.resolve(module + "-" + version + ".pom"), Files.readAllBytes(from));
            Path jar = from.resolveSibling("target").resolve(module + "-" + version + ".jar");
            if (Files.exists(jar)) {
                Files.write(to.resolve(jar.getFileName()), Files.readAllBytes(jar));
            }
        }
        delete(TARGET.resolve("local/org/rlr"));
    }

    private static void delete(Path tree) throws IOException {
        if (Files.exists(tree)) {
            try (Stream<Path> all = Files.walk(tree)) {
                for (Path file : all.sorted((a, b) -> b.compareTo(a)).toList()) {
                    Files.delete(file);
                }
            }
        }
    }

    /** Copies an example and runs {@code mvn -q package}; skips the test where Maven cannot reach an artifact. */
    private Path build(String example) throws Exception {
        Path source = MODEL.resolve("examples").resolve(example);
        Path copy = folder.resolve(example);
        try (Stream<Path> all = Files.walk(source)) {
            for (Path file : all.filter(Files::isRegularFile).toList()) {
                Path to = copy.resolve(source.relativize(file).toString());
                if (!source.relativize(file).startsWith("target")) {
                    Files.createDirectories(to.getParent());
                    Files.copy(file, to);
                }
            }
        }
        Path settings = copy.resolve("settings.xml");
        Files.writeString(settings, settings());
        Processes.Output output;
        try {
            output = run(
                    copy,
                    Map.of(),
                    "mvn",
                    "-B",
                    "-ntp",
                    "-q",
                    "-s",
                    settings.toString(),
                    "-Dmaven.repo.local=" + TARGET.resolve("local"),
                    "package");
        } catch (IOException e) {
            return abort("Maven cannot be started: " + e.getMessage());
        }
        if (output.exit() != 0 && UNREACHED.matcher(output.out()).find()) {
            return abort("Maven cannot reach an artifact of " + example + ": "
                    + output.out().lines().findFirst().orElse(""));
        }
        assertEquals(0, output.exit(), output.toString());
        return copy;
    }

    /**
     * Artifacts of this build first, then those that this machine's Maven has, then those of its usual repositories.
     */
    private static String settings() {
        StringBuilder lists = new StringBuilder();
        for (String kind : new String[] {"repositor", "pluginRepositor"}) {
            lists.append("<").append(kind).append("ies>");
            for (Path at :
                    new Path[] {TARGET.resolve("built"), Path.of(System.getProperty("user.home"), ".m2/repository")}) {
                lists.append("""
                        <%1$sy><id>%2$s</id><url>%3$s</url>
                        <releases><checksumPolicy>ignore</checksumPolicy></releases>
                        <snapshots><checksumPolicy>ignore</checksumPolicy></snapshots></%1$sy>
                        """.formatted(kind, at.getFileName(), at.toUri()));
            }
            lists.append("</").append(kind).append("ies>");
        }
        return "<settings><profiles><profile><id>built</id>" + lists
                + "</profile></profiles><activeProfiles><activeProfile>built</activeProfile></activeProfiles></settings>";
    }

    @Test
    void plainMaven() throws Exception {
        Path built = build("plain-maven");
        Processes.Output output = run(
                "java",
                "--add-modules",
                "jdk.incubator.vector",
                "-jar",
                built.resolve("target/inspect.jar").toString(),
                model.toString(),
                image.toString());
        assertTrue(output.out().startsWith(image + ": score "), output.toString());
    }
}
