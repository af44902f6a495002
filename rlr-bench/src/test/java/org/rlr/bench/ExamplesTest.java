package org.rlr.bench;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.abort;
import static org.rlr.bench.Processes.run;

import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Builds the examples with Maven from their own poms and this build's artifacts, and runs them. It runs in phase
 * verify, after packaging.
 */
@Tag("jars")
@Tag("thorough")
class ExamplesTest {
    private static final Path MODEL = Path.of("..", "rlr-model");
    private static final Path TARGET = Path.of("target").toAbsolutePath();
    /** Maven's messages if it cannot reach an artifact. */
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

    /** Creates a repository with this build's artifacts. */
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

    /** Copies an example and runs {@code mvn -q package}; skips the test if Maven cannot reach an artifact. */
    private Path build(String example) throws Exception {
        Path copy = copy(example);
        Processes.Output output = maven(copy, "package");
        assertEquals(0, output.exit(), output.toString());
        return copy;
    }

    private Path copy(String example) throws IOException {
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
        return copy;
    }

    /** Runs Maven in a copy of an example; skips the test if it cannot reach an artifact. */
    private static Processes.Output maven(Path copy, String phase) throws Exception {
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
                    "-Dkotlin.compiler.daemon=false", // it would outlive the test
                    phase);
        } catch (IOException e) {
            return abort("Maven cannot be started: " + e.getMessage());
        }
        if (output.exit() != 0 && UNREACHED.matcher(output.out()).find()) {
            return abort("Maven cannot reach an artifact of " + copy + ": "
                    + output.out().lines().findFirst().orElse(""));
        }
        return output;
    }

    /**
     * Settings that search this build's artifacts first, then this machine's Maven cache, then its usual repositories.
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

    /** Both programs write the same model, and print the same verdicts for a normal and a black image. */
    @Test
    void training() throws Exception {
        List<String> printed = new ArrayList<>();
        List<byte[]> models = new ArrayList<>();
        Path normal = Processes.drawNoise(folder.resolve("normal"), 40, new Random(1));
        Path black = folder.resolve("black.png");
        ImageIO.write(new BufferedImage(64, 64, BufferedImage.TYPE_INT_RGB), "png", black.toFile());
        for (String language : new String[] {"java", "kotlin"}) {
            Path jar = build("training/" + language).resolve("target/training.jar");
            Path written = folder.resolve(language + ".safetensors");
            printed.add(run(
                            "java",
                            "--add-modules",
                            "jdk.incubator.vector",
                            "-jar",
                            jar.toString(),
                            normal.toString(),
                            written.toString(),
                            normal.resolve("0.png").toString(),
                            black.toString())
                    .out());
            models.add(Files.readAllBytes(written));
        }
        String out = printed.get(0);
        assertTrue(out.contains("found with 10 normal images; 9.1 % false alarms"), out);
        assertTrue(
                Pattern.compile("0\\.png: score .*, normal\n.*black\\.png: score .*, anomalous\n")
                        .matcher(out)
                        .find(),
                out);
        assertEquals(out, printed.get(1));
        assertArrayEquals(models.get(0), models.get(1));
    }

    /** Kotlin's compiler knows which values may be null: it refuses the marked lines and accepts all others. */
    @Test
    void kotlinKnowsWhatMayBeNull() throws Exception {
        String source = """
                package org.example.training
                import java.nio.file.Path
                import org.rlr.model.config.ModelInfo
                import org.rlr.model.data.DataSet
                import org.rlr.model.data.ImageSource
                import org.rlr.model.detect.Detector
                import org.rlr.model.train.RlrTraining
                import org.rlr.model.train.Trained
                import org.rlr.tensor.backend.Backend
                fun taken(image: ImageSource, info: ModelInfo, detector: Detector, data: DataSet, backend: Backend) {
                    println(image.file()?.fileName)
                    println(image.file().fileName) // refused
                    println(image.id().length)
                    println(info.training?.epochs)
                    println(info.training.epochs) // refused
                    println(info.config.levels.first() + info.thresholds.common.value)
                    println(info.thresholds.common.falseAlarmRate.estimate) // refused
                    println(info.config.windows.size) // refused
                    detector.detect(image, null)
                    detector.detectAsync(null, "part") // refused
                    detector.detectAll(listOf(image)).use { it.forEach { each -> println(each.score) } }
                    detector.detectAll(listOf(image, null)) // refused
                    DataSet.builder().train("part", setOf(image)).defective("part", "dent", image, image)
                    DataSet.builder().train("part", listOf<ImageSource?>(image)) // refused
                    ImageSource.of(null) // refused
                    ImageSource.of("id") { null } // refused
                    RlrTraining.on(null) // refused
                    val training = RlrTraining.on(data).config { it.width(32).windows(null) }.resume(null).scoring(null)
                    training.checkpoint(null, 1) // refused
                    training.backend(backend).cancelWhen { true }.run().use { trained: Trained ->
                        println(trained.model.info().classes + trained.bestOnTest?.info())
                        println(trained.bestOnTest.info()) // refused
                    }
                }
                """;
        Path copy = copy("training/kotlin");
        Files.writeString(copy.resolve("src/main/kotlin/Nulls.kt"), source);
        Processes.Output output = maven(copy, "compile");
        List<String> lines = source.lines().toList();
        Set<String> refused = Pattern.compile("Nulls\\.kt:\\[?\\(?(\\d+)")
                .matcher(output.out())
                .results()
                .map(at -> lines.get(Integer.parseInt(at.group(1)) - 1))
                .collect(Collectors.toCollection(TreeSet::new));
        assertEquals(
                lines.stream()
                        .filter(line -> line.endsWith("// refused"))
                        .collect(Collectors.toCollection(TreeSet::new)),
                refused,
                output.toString());
    }

    @Test
    void springBoot() throws Exception {
        Path jar = build("spring-boot").resolve("target/inspection.jar");
        Path served = Files.copy(model, folder.resolve("served.safetensors"));
        byte[] png = Files.readAllBytes(image);
        try (Service service = new Service(
                jar, "--inspection.model=" + served, "--inspection.max-pixels=5000", "--inspection.max-bytes=30000")) {
            HttpResponse<byte[]> answer = service.post("/detect", png);
            assertEquals(200, answer.statusCode(), text(answer));
            assertTrue(text(answer).contains("\"score\":") && text(answer).contains("\"regions\":["), text(answer));
            HttpResponse<byte[]> map = service.post("/map", png);
            assertEquals(200, map.statusCode(), text(map));
            BufferedImage picture = ImageIO.read(new ByteArrayInputStream(map.body()));
            assertEquals("64×64", picture.getWidth() + "×" + picture.getHeight());

            assertFailure(400, "DAMAGED", service.post("/detect", Arrays.copyOf(png, png.length / 2)));
            assertFailure(400, "EMPTY", service.post("/detect", new byte[0]));
            assertFailure(400, "NOT_AN_IMAGE", service.post("/detect", "no image".getBytes(StandardCharsets.UTF_8)));
            assertFailure(400, "gears", service.post("/detect/gears", png));
            assertFailure(413, "30000", service.post("/detect", new byte[30_001]));
            ByteArrayOutputStream large = new ByteArrayOutputStream();
            ImageIO.write(new BufferedImage(100, 100, BufferedImage.TYPE_INT_RGB), "png", large);
            assertFailure(413, "TOO_LARGE", service.post("/detect", large.toByteArray()));

            List<CompletableFuture<HttpResponse<byte[]>>> answers = new ArrayList<>();
            for (int i = 0; i < 40; i++) {
                answers.add(service.send(i % 10 == 5 ? "/reload" : "/detect", png));
            }
            for (CompletableFuture<HttpResponse<byte[]>> each : answers) {
                assertTrue(each.get().statusCode() / 100 == 2, text(each.get()));
            }
            Files.writeString(served, "no model");
            assertFailure(409, "not a usable SafeTensors file", service.post("/reload", png));
            assertEquals(text(answer), text(service.post("/detect", png)));
            String metrics = text(service.get("/actuator/metrics/rlr.detect?tag=step:backbone"));
            // one, its map, 36 of the 40, and the last one
            assertTrue(metrics.contains("\"COUNT\",\"value\":39.0"), metrics);
        }
        try (Service service = new Service(
                jar, "--inspection.model=" + model, "--inspection.max-concurrent=1", "--inspection.max-wait=0s")) {
            List<CompletableFuture<HttpResponse<byte[]>>> answers = new ArrayList<>();
            for (int i = 0; i < 20; i++) {
                answers.add(service.send("/detect", png));
            }
            Set<Integer> statuses = new TreeSet<>();
            for (CompletableFuture<HttpResponse<byte[]>> each : answers) {
                statuses.add(each.get().statusCode());
                assertEquals(
                        each.get().statusCode() == 503,
                        each.get().headers().firstValue("Retry-After").isPresent());
            }
            assertEquals(Set.of(200, 503), statuses);
        }
    }

    private static void assertFailure(int status, String part, HttpResponse<byte[]> answer) {
        assertEquals(status, answer.statusCode(), text(answer));
        assertTrue(text(answer).contains(part), text(answer));
    }

    private static String text(HttpResponse<byte[]> answer) {
        return new String(answer.body(), StandardCharsets.UTF_8);
    }

    /** The service in its own process, on a free port. */
    private static final class Service implements AutoCloseable {
        private static final Pattern PORT = Pattern.compile("Tomcat started on port (\\d+)");

        private final HttpClient client = HttpClient.newHttpClient();
        private final Process process;
        private final String address;

        Service(Path jar, String... arguments) throws Exception {
            List<String> command = new ArrayList<>(List.of(
                    Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                    "-jar",
                    jar.toString(),
                    "--server.port=0",
                    "--server.address=127.0.0.1"));
            command.addAll(List.of(arguments));
            Path log = Files.createTempFile("service", ".log");
            ProcessBuilder builder =
                    new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile());
            builder.environment().put("JDK_JAVA_OPTIONS", "--add-modules=jdk.incubator.vector -Xmx512m");
            process = builder.start();
            Matcher port = PORT.matcher("");
            while (!port.find()) {
                if (process.waitFor(100, TimeUnit.MILLISECONDS)) {
                    throw new IOException("the service did not start:\n" + Files.readString(log));
                }
                port = PORT.matcher(Files.readString(log));
            }
            address = "http://127.0.0.1:" + port.group(1);
        }

        CompletableFuture<HttpResponse<byte[]>> send(String path, byte[] body) {
            return client.sendAsync(
                    HttpRequest.newBuilder(URI.create(address + path))
                            // like curl --data-binary
                            .header("Content-Type", "application/x-www-form-urlencoded")
                            .POST(HttpRequest.BodyPublishers.ofByteArray(body))
                            .build(),
                    HttpResponse.BodyHandlers.ofByteArray());
        }

        HttpResponse<byte[]> post(String path, byte[] body) throws Exception {
            return send(path, body).get();
        }

        HttpResponse<byte[]> get(String path) throws Exception {
            return client.send(
                    HttpRequest.newBuilder(URI.create(address + path)).build(),
                    HttpResponse.BodyHandlers.ofByteArray());
        }

        @Override
        public void close() {
            process.destroy();
            process.onExit().join();
        }
    }
}
