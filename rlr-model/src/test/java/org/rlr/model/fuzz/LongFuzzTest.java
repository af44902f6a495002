package org.rlr.model.fuzz;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * {@link ReadersFuzzTest} for hours: half of the inputs are changes of valid files, half are found by Jazzer by code
 * coverage, in a separate process. Prints a line per reader to standard output. Keeps failing inputs in
 * {@code target/fuzz}; after a fix they belong in {@code ReadersFuzzTestInputs/<method>}.
 */
@Tag("long")
class LongFuzzTest {
    /** The number of inputs of a fast reader; a slow one gets a tenth. */
    private static final int INPUTS = Integer.getInteger("rlr.fuzz.inputs", 1_000_000);

    private static final long SEED = Long.getLong("rlr.fuzz.seed", 1);
    private static final Path FOUND = Path.of("target", "fuzz").toAbsolutePath();
    private static final int MOST_FOUND = 20;

    @TempDir
    private Path folder;

    @ParameterizedTest
    @EnumSource
    void changedFiles(FuzzedReader reader) throws IOException {
        System.setProperty(Oracle.TIMED, "true");
        Mutations changes = new Mutations(reader.seeds(), SEED);
        List<String> found = new ArrayList<>();
        long start = System.nanoTime();
        int inputs = inputs(reader);
        for (int i = 0; i < inputs && found.size() < MOST_FOUND; i++) {
            byte[] input = changes.next();
            try {
                Oracle.check(reader, input);
            } catch (AssertionError e) {
                found.add(Files.write(Files.createDirectories(FOUND).resolve(reader + "-" + SEED + "-" + i), input)
                        + ": " + e.getMessage());
            }
        }
        report(reader, "changed", inputs, start);
        assertEquals(List.of(), found);
    }

    @ParameterizedTest
    @EnumSource
    void jazzer(FuzzedReader reader) throws IOException, InterruptedException {
        Path corpus = Files.createDirectory(folder.resolve("corpus"));
        int number = 0;
        for (byte[] seed : reader.seeds()) {
            Files.write(corpus.resolve("seed" + number++), seed);
        }
        Files.createDirectories(FOUND);
        String method = Arrays.stream(ReadersFuzzTest.class.getDeclaredMethods())
                .map(java.lang.reflect.Method::getName)
                .filter(name -> name.equalsIgnoreCase(reader.name().replace("_", "")))
                .findFirst()
                .orElseThrow();
        long start = System.nanoTime();
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "--add-modules=jdk.incubator.vector",
                        "-Xmx1g",
                        "-Drlr.cpu.kernels=scalar",
                        "-Djava.awt.headless=true",
                        "-Djava.io.tmpdir=" + folder,
                        "-D" + Oracle.TIMED + "=true",
                        "-cp",
                        System.getProperty("java.class.path"),
                        "com.code_intelligence.jazzer.Jazzer",
                        "--target_class=" + ReadersFuzzTest.class.getName(),
                        "--target_method=" + method,
                        "--instrumentation_includes=org.rlr.model.**:org.rlr.tensor.io.**",
                        "--reproducer_path=" + FOUND,
                        "-artifact_prefix=" + FOUND + "/" + reader + "-",
                        "-seed=" + SEED,
                        "-timeout=60",
                        "-runs=" + inputs(reader),
                        corpus.toString())
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        String end = output.substring(Math.max(0, output.length() - 5000));
        assertEquals(0, process.waitFor(), end);
        Matcher done = Pattern.compile("(?m)^Done (\\d+) runs").matcher(output);
        assertTrue(done.find() && Integer.parseInt(done.group(1)) >= inputs(reader), end);
        report(reader, "Jazzer's", inputs(reader), start);
    }

    private static int inputs(FuzzedReader reader) {
        return INPUTS / (reader.fast() ? 2 : 20);
    }

    private static void report(FuzzedReader reader, String kind, int inputs, long start) {
        System.out.printf(
                Locale.ROOT, "%s: %,d %s inputs in %.0f s%n", reader, inputs, kind, (System.nanoTime() - start) / 1e9);
    }
}
