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
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The launcher of the portable archive, with a program instead of Java that prints its arguments. */
class LauncherTest {
    private static final Path LAUNCHER = Path.of("..", "rlr-bench", "portable", "rlr");

    @TempDir
    private Path folder;

    private Path home;

    @BeforeEach
    void unpack() throws IOException {
        assumeTrue(System.getProperty("os.name").equals("Linux"), "the archive is for Linux");
        home = folder.resolve("rlr of a user");
        copy(Files.readString(LAUNCHER), home.resolve("bin/rlr"));
        copy("#!/bin/sh\nprintf '%s\\n' \"$0\" \"$@\"\n", home.resolve("runtime/bin/java"));
    }

    private static void copy(String script, Path to) throws IOException {
        Files.createDirectories(to.getParent());
        Files.writeString(to, script);
        assertTrue(to.toFile().setExecutable(true));
    }

    @Test
    void theJvmStartsAsAfterARelaunch() throws Exception {
        List<String> expected = new ArrayList<>(
                List.of(home.toRealPath().resolve("runtime/bin/java").toString()));
        expected.addAll(Relaunch.EARLY_KERNELS);
        expected.addAll(Relaunch.SMALL_HEAP);
        expected.addAll(List.of(
                "--add-modules=jdk.incubator.vector",
                "-Drlr.portable=true",
                "-jar",
                home.toRealPath().resolve("lib/rlr.jar").toString(),
                "detect",
                "a *.png"));
        assertEquals(expected, run(home.resolve("bin/rlr"), "", "detect", "a *.png"));
    }

    @Test
    void aUserChoosesAnotherCollector() throws Exception {
        List<String> command = run(home.resolve("bin/rlr"), "-Xmx8g -XX:+UseParallelGC", "devices");
        assertTrue(command.containsAll(List.of("-Xmx8g", "-XX:+UseParallelGC")), command.toString());
        assertFalse(command.contains("-XX:+UseSerialGC"), command.toString());
    }

    /** Containers often have no locale, and Java would then read only ASCII file names. */
    @Test
    void withoutALocaleItTakesOneThatHasAllLetters() throws Exception {
        copy("#!/bin/sh\necho $LC_ALL\n", home.resolve("runtime/bin/java"));
        for (String none : List.of("", "C", "POSIX")) {
            assertEquals(
                    List.of("C.UTF-8"),
                    run(home.resolve("bin/rlr"), Map.of("LC_ALL", none, "LC_CTYPE", "", "LANG", ""), "devices"));
        }
        assertEquals(
                List.of("de_DE.ISO-8859-1"),
                run(home.resolve("bin/rlr"), Map.of("LC_ALL", "de_DE.ISO-8859-1"), "devices"));
    }

    @Test
    void aLinkToItWillDo() throws Exception {
        Path link = Files.createSymbolicLink(folder.resolve("rlr"), home.resolve("bin/rlr"));
        assertEquals(
                home.toRealPath().resolve("runtime/bin/java").toString(),
                run(link, "", "devices").get(0));
    }

    private static List<String> run(Path launcher, String options, String... arguments)
            throws IOException, InterruptedException {
        return run(launcher, Map.of("RLR_JAVA_OPTS", options), arguments);
    }

    private static List<String> run(Path launcher, Map<String, String> environment, String... arguments)
            throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(launcher.toString()));
        command.addAll(List.of(arguments));
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().putAll(environment);
        Process process = builder.start();
        List<String> lines = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8)
                .lines()
                .toList();
        assertEquals(0, process.waitFor(), lines.toString());
        return lines;
    }
}
