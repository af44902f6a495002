package org.rlr.tensor.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rlr.tensor.ResourceException;

class AtomicFileTest {
    @TempDir
    Path dir;

    private List<String> listing() throws IOException {
        try (Stream<Path> files = Files.list(dir)) {
            return files.map(path -> path.getFileName().toString()).sorted().toList();
        }
    }

    @Test
    void writesReplacesAndCreatesFolders() throws IOException {
        Path target = dir.resolve("a/b/file.json");
        AtomicFile.writeString(target, "one");
        AtomicFile.writeString(target, "twö");
        assertEquals("twö", Files.readString(target));
        try (Stream<Path> files = Files.list(target.getParent())) {
            assertEquals(1, files.count());
        }
    }

    @Test
    void aReplacedFileKeepsItsPermissions() throws IOException {
        assumeTrue(Files.getFileStore(dir).supportsFileAttributeView("posix"), "no POSIX permissions here");
        Path target = dir.resolve("model.bin");
        for (String permissions : List.of("rw-------", "rw-r-----", "rwxrwxrwx", "r--r--r--")) {
            AtomicFile.writeString(target, "old");
            Files.setPosixFilePermissions(target, PosixFilePermissions.fromString(permissions));
            AtomicFile.writeString(target, "new");
            assertEquals("new", Files.readString(target));
            assertEquals(permissions, PosixFilePermissions.toString(Files.getPosixFilePermissions(target)));
        }
    }

    /** A killed process leaves its file; the next write to the folder removes it. */
    @Test
    void leftoversOfAKilledProcessAreRemovedByTheNext() throws Exception {
        Path target = dir.resolve("model.bin");
        Path running = dir.resolve("of-this-process.bin");
        Process writer = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        Writer.class.getName(),
                        target.toString())
                .redirectErrorStream(true)
                .start();
        assertEquals('x', writer.getInputStream().read());
        AtomicFile.write(running, out -> {
            assertEquals(2, listing().size(), listing().toString());
        });
        writer.destroyForcibly().waitFor();
        assertEquals(2, listing().size(), listing().toString());
        Path foreign = Files.createFile(dir.resolve(".rlr-0123456789ab-1-" + UUID.randomUUID() + ".tmp"));
        ProcessBuilder next = new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                Writer.class.getName(),
                target.toString(),
                "done");
        Process second = next.redirectErrorStream(true).start();
        assertEquals(0, second.waitFor(), new String(second.getInputStream().readAllBytes(), StandardCharsets.UTF_8));
        assertEquals(List.of(foreign.getFileName().toString(), "model.bin", "of-this-process.bin"), listing());
    }

    /** Starts to write a file, prints a line and waits to be killed; finishes if given a second argument. */
    static final class Writer {
        private Writer() {}

        public static void main(String[] args) {
            AtomicFile.write(Path.of(args[0]), out -> {
                out.write('x');
                out.flush();
                System.out.print('x');
                System.out.flush();
                if (args.length == 1) {
                    try {
                        Thread.sleep(Long.MAX_VALUE);
                    } catch (InterruptedException e) {
                        throw new IOException(e);
                    }
                }
            });
        }
    }

    @Test
    void failureWhileWritingKeepsTheOldFileAndLeavesNothingBehind() throws IOException {
        Path target = dir.resolve("model.bin");
        AtomicFile.writeString(target, "old");
        ResourceException failure = assertThrows(
                ResourceException.class,
                () -> AtomicFile.write(target, out -> {
                    out.write(new byte[200_000]);
                    throw new IOException("No space left on device");
                }));
        assertTrue(failure.getMessage().contains(target.toString()), failure.getMessage());
        assertTrue(failure.getMessage().contains("No space left on device"), failure.getMessage());
        assertTrue(failure.getMessage().contains("unchanged"), failure.getMessage());
        assertEquals("old", Files.readString(target));
        assertEquals(List.of("model.bin"), listing());
    }

    @Test
    void errorOfTheContentPropagatesAndLeavesNothingBehind() throws IOException {
        Path target = dir.resolve("model.bin");
        OutOfMemoryError error = new OutOfMemoryError("made up");
        assertSame(
                error,
                assertThrows(
                        OutOfMemoryError.class,
                        () -> AtomicFile.write(target, out -> {
                            out.write(1);
                            throw error;
                        })));
        assertEquals(List.of(), listing());
    }

    @Test
    void theOldFileStaysUntilTheNewOneIsComplete() {
        Path target = dir.resolve("file");
        AtomicFile.writeString(target, "old");
        AtomicFile.write(target, out -> {
            out.write('n');
            out.flush();
            assertEquals("old", Files.readString(target));
        });
    }

    @Test
    void aSymbolicLinkIsFollowed() throws IOException {
        Path real = dir.resolve("real");
        Files.writeString(real, "old");
        Path link = Files.createSymbolicLink(dir.resolve("link"), real);
        AtomicFile.writeString(link, "new");
        assertTrue(Files.isSymbolicLink(link));
        assertEquals("new", Files.readString(real));
    }

    @Test
    void aFolderOrAFileInTheWayIsNamed() throws IOException {
        assertTrue(assertThrows(ResourceException.class, () -> AtomicFile.writeString(dir, "x"))
                .getMessage()
                .contains("is a folder"));
        Files.writeString(dir.resolve("file"), "");
        Path below = dir.resolve("file/below");
        assertTrue(assertThrows(ResourceException.class, () -> AtomicFile.writeString(below, "x"))
                .getMessage()
                .contains(below.toString()));
    }

    @Test
    void aFullDeviceIsReportedByName() {
        Path full = Path.of("/dev/full");
        assumeTrue(Files.exists(full), "there is no /dev/full here");
        String message = assertThrows(ResourceException.class, () -> AtomicFile.writeString(full, "x"))
                .getMessage();
        assertTrue(message.contains("/dev/full") && message.contains("No space left"), message);
        assertTrue(Files.exists(full));
    }

    @Test
    void anInterruptDoesNotEndAWrite() throws IOException {
        Path file = dir.resolve("interrupted");
        AtomicFile.write(file, out -> {
            out.write(new byte[100_000]);
            Thread.currentThread().interrupt();
            out.write(new byte[100_000]);
        });
        assertTrue(Thread.interrupted());
        assertEquals(200_000, Files.size(file));
        Thread.currentThread().interrupt();
        AtomicFile.writeString(file, "later");
        assertTrue(Thread.interrupted());
        assertEquals("later", Files.readString(file));
    }
}
