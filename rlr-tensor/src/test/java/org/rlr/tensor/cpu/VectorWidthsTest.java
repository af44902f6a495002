package org.rlr.tensor.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeFalse;
import static org.junit.jupiter.api.Assumptions.assumeTrue;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectNestedClass;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.platform.engine.DiscoverySelector;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;
import org.junit.platform.launcher.listeners.SummaryGeneratingListener;
import org.junit.platform.launcher.listeners.TestExecutionSummary;

/**
 * The contracts on vectors of every width that the machine has and on both tiles of the matrix product, each in a
 * process of its own, since a process keeps to one width and one tile. The usual ones are left to
 * {@link VectorKernelsTest}. What a tile has no part in runs on one tile of each width.
 */
@Tag("thorough")
class VectorWidthsTest {
    private static final int MOST_FAILURES = 10;
    private static final String WIDTH = "bits of a vector: ";

    @ParameterizedTest
    @CsvSource({"128, 5", "128, 8", "256, 5", "256, 8", "512, 5", "512, 8"})
    void contracts(int bits, int rows) throws IOException, InterruptedException {
        boolean usualWidth = bits == 32 * VectorTile.LANES;
        assumeFalse(usualWidth && rows == VectorTile.ROWS, "VectorKernelsTest runs on this width and this tile");
        int widest = width(child(512, rows, "none"));
        assumeTrue(bits <= widest, "this machine's vectors have at most " + widest + " bits");
        assertEquals(bits, width(child(bits, rows, usualWidth || rows == 8 ? "products" : "all")));
    }

    private static int width(String output) {
        String line =
                output.lines().filter(l -> l.startsWith(WIDTH)).findFirst().orElseThrow();
        return Integer.parseInt(line.substring(WIDTH.length()));
    }

    /** What another process on vectors of at most so many bits says; fails unless it ends well. */
    private static String child(int bits, int rows, String contracts) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "--add-modules=jdk.incubator.vector",
                        // all that the machine has, which may be more than a JVM takes by itself
                        "-XX:+IgnoreUnrecognizedVMOptions",
                        "-XX:UseAVX=3",
                        "-XX:MaxVectorSize=" + bits / 8,
                        "-D" + VectorTile.ROWS_PROPERTY + "=" + rows,
                        "-cp",
                        System.getProperty("java.class.path"),
                        Child.class.getName(),
                        contracts)
                .redirectErrorStream(true)
                .start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, process.waitFor(), bits + " bits, tile of " + rows + " rows: " + output);
        return output;
    }

    /** Prints the width of its vectors, runs contracts and prints those that fail. */
    static final class Child {
        private Child() {}

        public static void main(String[] args) {
            System.out.println(WIDTH + 32 * VectorTile.LANES);
            List<? extends DiscoverySelector> contracts = switch (args[0]) {
                case "all" -> List.of(selectClass(VectorKernelsTest.class));
                case "products" ->
                    List.of(
                            selectNestedClass(List.of(VectorKernelsTest.class), VectorKernelsTest.Matrix.class),
                            selectNestedClass(List.of(VectorKernelsTest.class), VectorKernelsTest.Convolution.class));
                default -> List.of();
            };
            if (contracts.isEmpty()) {
                return;
            }
            SummaryGeneratingListener listener = new SummaryGeneratingListener();
            LauncherFactory.create()
                    .execute(
                            LauncherDiscoveryRequestBuilder.request()
                                    .selectors(contracts)
                                    .build(),
                            listener);
            TestExecutionSummary summary = listener.getSummary();
            summary.getFailures().stream()
                    .limit(MOST_FAILURES)
                    .forEach(f -> System.out.println(f.getTestIdentifier().getUniqueId() + ": " + f.getException()));
            System.out.println(summary.getTestsSucceededCount() + " tests passed");
            System.exit(summary.getTotalFailureCount() == 0 && summary.getTestsSucceededCount() > 0 ? 0 : 1);
        }
    }
}
