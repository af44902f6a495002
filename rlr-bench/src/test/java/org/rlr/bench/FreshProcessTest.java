package org.rlr.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Tag;
import org.rlr.model.config.LevelConfig;

/**
 * C2's code for a kernel depends on earlier runs and on timing, so that one process may box vectors in a kernel
 * permanently and another may not. A level of the published size in a new process must reach a state in which a call
 * allocates little more than its result.
 */
@Tag("thorough")
class FreshProcessTest {
    private static final int SIDE = 32;
    private static final int CHANNELS = 72;
    /**
     * Many calls, for a compiler delayed by a busy machine; a process that boxes permanently does so after any number.
     */
    private static final int CALLS = 300;

    private static final long LIMIT = 4L * SIDE * SIDE * CHANNELS + 200_000;

    @RepeatedTest(3)
    void boxesNothing() throws IOException, InterruptedException {
        Process child = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "--add-modules=jdk.incubator.vector",
                        "-cp",
                        System.getProperty("java.class.path"),
                        Level.class.getName())
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        String said = new String(child.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
        assertEquals(0, child.waitFor(), said);
        long bytes = Long.parseLong(said.lines().reduce((a, b) -> b).orElseThrow());
        assertTrue(bytes <= LIMIT, "a call allocates " + bytes + " bytes, more than " + LIMIT);
    }

    /** Reconstructs until a call is within the limit, or the calls run out, and prints the bytes of the last one. */
    static final class Level {
        private Level() {}

        public static void main(String[] args) {
            LevelConfig config =
                    LevelConfig.builder(CHANNELS, SIDE, SIDE, 256).windowSize(7).build();
            long bytes = Long.MAX_VALUE;
            try (OurLevel level = new OurLevel(config, Operands.random(1, 1, SIDE * SIDE, CHANNELS), false, 2)) {
                for (int call = 0; call < CALLS && bytes > LIMIT; call++) {
                    long before = allocated();
                    level.run();
                    bytes = allocated() - before;
                }
            }
            System.out.println(bytes);
        }

        private static long allocated() {
            ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
            long sum = 0;
            for (long bytes : threads.getThreadAllocatedBytes(threads.getAllThreadIds())) {
                sum += Math.max(0, bytes);
            }
            return sum;
        }
    }
}
