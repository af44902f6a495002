package org.rlr.model.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;
import org.rlr.tensor.RlrException;

/** Only one of several writers of a model gets the lock. */
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
            try (OutputLock lock = OutputLock.of(Map.of("`out`", out))) {
                Path same = Files.createDirectories(folder.resolve("sub")).resolve("../model.safetensors");
                // the thread that holds the lock may take it again
                OutputLock.of(Map.of("`out`", same)).close();
                RlrException refused =
                        elsewhere(() -> OutputLock.of(Map.of("`metrics`", same)).close());
                assertEquals("another training that writes " + same + " is running", refused.getMessage());
                assertEquals("wait for it, end it, or choose another `metrics`", refused.remedy());
                // none of several locks is kept
                elsewhere(() -> OutputLock.of(new TreeMap<>(Map.of("a", folder.resolve("other"), "b", out)))
                        .close());
                OutputLock.of(Map.of("`out`", folder.resolve("other"))).close();
            }
        }
        assertEquals(List.of(folder.resolve("sub")), files());
    }

    /** Returns the error of an action on another thread. */
    private static RlrException elsewhere(Executable action) {
        return CompletableFuture.supplyAsync(
                        () -> assertThrows(RlrException.class, action), task -> new Thread(task).start())
                .join();
    }

    @Test
    void aLinkLeadsToTheSameOutput() throws IOException {
        Path out = Files.createFile(Files.createDirectory(folder.resolve("sub")).resolve("model"));
        Path link = Files.createSymbolicLink(folder.resolve("link"), out);
        try (OutputLock lock = OutputLock.of(Map.of("`out`", out))) {
            elsewhere(() -> OutputLock.of(Map.of("`out`", link)).close());
        }
        OutputLock.of(Map.of("`out`", folder.resolve("missing").resolve("model")))
                .close();
        Map<String, Path> none = new HashMap<>();
        none.put("`metrics`", null);
        OutputLock.of(none).close();
        assertTrue(Files.notExists(folder.resolve("missing")));
    }

    /** Each process takes and releases the lock repeatedly; a file that only one may create detects two holders. */
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
        assertEquals(0, failed, "processes that held the lock together with another");
        assertEquals(List.of(), files());
    }

    /** A separate process that takes the lock. */
    static final class Contender {
        private Contender() {}

        /** Arguments: the folder, and how often to take the lock. */
        public static void main(String[] args) throws IOException {
            Path folder = Path.of(args[0]);
            Path mine = folder.resolve("mine");
            for (int had = 0; had < Integer.parseInt(args[1]); ) {
                try (OutputLock lock = OutputLock.of(Map.of("`out`", folder.resolve("model")))) {
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
