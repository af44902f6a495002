package org.rlr.tensor.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.rlr.tensor.ResourceException;

class AtomicFolderTest {
    @TempDir
    Path dir;

    private static List<String> listing(Path folder) throws IOException {
        try (Stream<Path> all = Files.walk(folder)) {
            return all.skip(1)
                    .map(path -> folder.relativize(path).toString().replace('\\', '/'))
                    .sorted()
                    .toList();
        }
    }

    private static void fill(Path folder) {
        AtomicFile.writeString(folder.resolve("a/good/0.txt"), "0");
        AtomicFile.writeString(folder.resolve("b/1.txt"), "1");
    }

    private static final List<String> FILLED = List.of("a", "a/good", "a/good/0.txt", "b", "b/1.txt");

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void theFolderAppearsWhenItIsComplete(boolean exists) throws IOException {
        Path target = dir.resolve("over/made");
        if (exists) {
            Files.createDirectories(target);
        }
        String result = AtomicFolder.write(target, "out", folder -> {
            fill(folder);
            assertEquals(exists, Files.exists(target));
            return "told";
        });
        assertEquals("told", result);
        assertEquals(FILLED, listing(target));
        assertEquals(
                List.of("made"),
                listing(dir.resolve("over")).stream()
                        .filter(n -> !n.contains("/"))
                        .toList());
        ResourceException full =
                assertThrows(ResourceException.class, () -> AtomicFolder.write(target, "out", folder -> 0));
        assertEquals("the folder " + target + " is not empty", full.getMessage());
        assertEquals("choose another `out`, a new folder or an empty one", full.remedy());
        assertEquals(FILLED, listing(target));
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aFailureLeavesNothing(boolean exists) throws IOException {
        Path target = dir.resolve("made");
        if (exists) {
            Files.createDirectories(target);
        }
        IllegalStateException failure = new IllegalStateException("as content fails");
        assertSame(
                failure,
                assertThrows(
                        IllegalStateException.class,
                        () -> AtomicFolder.write(target, "out", folder -> {
                            fill(folder);
                            throw failure;
                        })));
        assertEquals(exists ? List.of("made") : List.of(), listing(dir));
    }

    @ParameterizedTest
    @ValueSource(strings = {"exit", "halt"})
    void anEndedProcessLeavesNoFolderThatLooksComplete(String how) throws Exception {
        for (Path target : List.of(dir.resolve("missing"), Files.createDirectory(dir.resolve("empty")))) {
            assertEquals(7, process(target, how));
            if (how.equals("exit")) {
                assertEquals(List.of("empty"), listing(dir));
            } else {
                assertTrue(
                        listing(dir).stream().anyMatch(name -> name.endsWith("b/1.txt")),
                        listing(dir).toString());
                assertTrue(
                        listing(dir).stream()
                                .allMatch(name -> name.equals("empty") || name.matches("(empty/)?\\.rlr.*")),
                        listing(dir).toString());
            }
            assertEquals(0, process(target, "return"));
            assertEquals(FILLED, listing(target));
            try (Stream<Path> all = Files.walk(dir)) {
                assertEquals(
                        0, all.filter(path -> path.toString().contains(".rlr-")).count());
            }
            delete(target);
        }
    }

    private static void delete(Path target) throws IOException {
        if (target.endsWith("missing")) {
            TemporaryFiles.delete(target);
        }
    }

    private static int process(Path target, String how) throws Exception {
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        Writer.class.getName(),
                        target.toString(),
                        how)
                .redirectErrorStream(true)
                .start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals("", said);
        return process.waitFor();
    }

    /** Fills a folder and ends. */
    static final class Writer {
        private Writer() {}

        public static void main(String[] args) {
            AtomicFolder.write(Path.of(args[0]), "out", folder -> {
                fill(folder);
                if (args[1].equals("exit")) {
                    System.exit(7);
                } else if (args[1].equals("halt")) {
                    Runtime.getRuntime().halt(7);
                }
                return 0;
            });
        }
    }

    @Test
    void aFileIsNotAFolder() throws IOException {
        Path file = Files.createFile(dir.resolve("file"));
        ResourceException e = assertThrows(ResourceException.class, () -> AtomicFolder.write(file, "out", folder -> 0));
        assertTrue(e.getMessage().startsWith("cannot write " + file), e.getMessage());
        assertThrows(ResourceException.class, () -> AtomicFolder.write(file.resolve("made"), "out", folder -> 0));
        assertEquals(List.of("file"), listing(dir));
    }
}
