package org.rlr.model.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HeapGuardTest {
    @TempDir
    Path folder;

    @Test
    void aProcessThatOnlyCollectsIsEnded() throws Exception {
        CommandRun run = CommandRun.process(
                folder,
                List.of(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx64m",
                        "-XX:+UseSerialGC",
                        "-cp",
                        System.getProperty("java.class.path"),
                        Starved.class.getName()));
        run.assertFailure("out of memory (all time is spent on garbage collection)", "MiB", "-Xmx8g");
        assertEquals("", run.out());
    }

    /** Fills nearly the whole heap with objects that each cost the collector time. */
    static final class Starved {
        private static final List<Object> KEPT = new ArrayList<>(2_000_000);
        private static volatile Object garbage;

        private Starved() {}

        public static void main(String[] args) {
            HeapGuard.start(Duration.ofMillis(300));
            while (true) {
                try {
                    while (true) {
                        KEPT.add(new int[2]);
                    }
                } catch (OutOfMemoryError e) {
                    KEPT.subList(KEPT.size() - 1000, KEPT.size()).clear();
                }
                for (int i = 0; i < 100; i++) {
                    garbage = new int[200];
                }
            }
        }
    }
}
