package org.rlr.tensor.io;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rlr.tensor.RlrException;

class RescuedFilesTest {
    @TempDir
    Path dir;

    private Path full;
    private Path spare;
    private Path noFolder;

    @BeforeEach
    void places() throws IOException {
        full = Files.createDirectory(dir.resolve("full"));
        spare = Files.createDirectory(dir.resolve("spare"));
        noFolder = Files.createFile(dir.resolve("file"));
    }

    /** A writer that fails below {@link #full}, like a full disk. */
    private Consumer<Path> writer(String text) {
        return file -> AtomicFile.write(file, out -> {
            out.write(text.getBytes(java.nio.charset.StandardCharsets.UTF_8));
            if (file.startsWith(full)) {
                throw new IOException("No space left on device");
            }
        });
    }

    private static List<Path> files(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            return files.filter(Files::isRegularFile).sorted().toList();
        }
    }

    @Test
    void filesThatFitAreAtTheirTarget() throws IOException {
        RescuedFiles rescued = new RescuedFiles(List.of(spare));
        Path target = dir.resolve("model.bin");
        assertTrue(rescued.write(target, writer("new")));
        assertDoesNotThrow(rescued::requireInPlace);
        assertEquals("new", Files.readString(target));
        assertEquals(List.of(), files(spare));
    }

    /** Skips locations that cannot be written; writes the other files after the first failure. */
    @Test
    void filesThatDoNotFitAreSavedElsewhereAndNamed() throws IOException {
        RescuedFiles rescued = new RescuedFiles(List.of(noFolder, full, spare));
        Path first = Files.writeString(full.resolve("a.bin"), "old");
        Path second = full.resolve("b.bin");
        Path third = dir.resolve("c.bin");
        assertFalse(rescued.write(first, writer("A")));
        assertFalse(rescued.write(second, writer("B")));
        assertTrue(rescued.write(third, writer("C")));
        String message =
                assertThrows(RlrException.class, rescued::requireInPlace).explanation();
        List<Path> kept = files(spare);
        assertEquals(
                List.of("A", "B"),
                kept.stream().map(RescuedFilesTest::text).sorted().toList());
        for (Path file : kept) {
            assertTrue(message.contains("kept as " + file + ": move it"), message);
        }
        for (String part : List.of(first.toString(), second.toString(), "No space left on device", "free some space")) {
            assertTrue(message.contains(part), message);
        }
        assertEquals("old", Files.readString(first));
        assertEquals("C", Files.readString(third));
        try (Stream<Path> left = Files.list(full)) {
            assertEquals(List.of(first), left.toList(), "a location that could not be written stays empty");
        }
    }

    private static String text(Path file) {
        return assertDoesNotThrow(() -> Files.readString(file));
    }

    @Test
    void filesThatFitNowhereAreReportedAsLost() throws IOException {
        RescuedFiles rescued = new RescuedFiles(List.of(noFolder, full));
        assertFalse(rescued.write(full.resolve("a.bin"), writer("A")));
        String message =
                assertThrows(RlrException.class, rescued::requireInPlace).explanation();
        assertTrue(
                message.contains("lost")
                        && message.contains(noFolder.toString())
                        && message.contains(", " + full + " "),
                message);
        try (Stream<Path> left = Files.list(full)) {
            assertEquals(List.of(), left.toList());
        }
    }
}
