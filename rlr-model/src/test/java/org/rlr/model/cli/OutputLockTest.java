package org.rlr.model.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rlr.tensor.RlrException;

/** Of all who want to write a model one does. */
class OutputLockTest {
    @TempDir
    Path folder;

    private List<Path> files() throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.toList();
        }
    }

    @Test
    void oneOfAProcessHasIt() throws IOException {
        Path out = folder.resolve("model.safetensors");
        for (int round = 0; round < 2; round++) {
            try (OutputLock lock = OutputLock.of(out, "--out")) {
                Path same = Files.createDirectories(folder.resolve("sub")).resolve("../model.safetensors");
                assertTrue(assertThrows(RlrException.class, () -> OutputLock.of(same, "--out"))
                        .getMessage()
                        .contains("another training"));
                OutputLock.of(folder.resolve("other"), "--out").close();
            }
        }
        assertEquals(
                List.of(".model.safetensors.lock", ".other.lock", "sub"),
                files().stream()
                        .map(file -> file.getFileName().toString())
                        .sorted()
                        .toList());
    }

    /**
     * Each takes and gives back the lock again and again; a file that only one may make tells when two have it at once.
     */
    @Test
    void oneOfSeveralProcessesHasIt() throws IOException, InterruptedException {
        List<Process> processes = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            processes.add(new ProcessBuilder(
                            Path.of(System.getProperty("java.home"), "bin", "java")
                                    .toString(),
                            "-XX:TieredStopAtLevel=1",
                            "-XX:-UsePerfData",
                            "-cp",
                            System.getProperty("java.class.path"),
                            Contender.class.getName(),
                            folder.toString(),
                            "2000")
                    .inheritIO()
                    .start());
        }
        int failed = 0;
        for (Process each : processes) {
            failed += each.waitFor() == 0 ? 0 : 1;
        }
        assertEquals(0, failed, "processes that met another one");
        assertEquals(List.of(folder.resolve(".model.lock")), files());
        assertEquals(0, Files.size(folder.resolve(".model.lock")));
    }

    /** A process of its own that wants the lock. */
    static final class Contender {
        private Contender() {}

        /** Folder, and how often the lock is to be had. */
        public static void main(String[] args) throws IOException {
            Path folder = Path.of(args[0]);
            Path mine = folder.resolve("mine");
            for (int had = 0; had < Integer.parseInt(args[1]); ) {
                try (OutputLock lock = OutputLock.of(folder.resolve("model"), "--out")) {
                    Files.createFile(mine);
                    Files.delete(mine);
                    had++;
                } catch (RlrException e) {
                    if (!e.getMessage().contains("another training")) {
                        throw e;
                    }
                }
            }
        }
    }
}
