package org.rlr.tensor.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;
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
import org.rlr.tensor.backend.Backend;

/**
 * The contracts for every vector width and both tiles of the matrix product, each in a separate process, because a
 * process uses one width and one tile. {@link VectorKernelsTest} covers the default ones. Contracts that do not depend
 * on the tile run on one tile per width. Java emulates unsupported vectors lane by lane.
 */
@Tag("thorough")
class VectorWidthsTest {
    private static final int MOST_FAILURES = 10;

    @ParameterizedTest
    @CsvSource({"128, 5", "128, 8", "256, 5", "256, 8", "512, 8"})
    void contracts(int bits, int rows) throws IOException, InterruptedException {
        boolean usualWidth = bits == 32 * VectorTile.LANES;
        assumeFalse(usualWidth && rows == VectorTile.ROWS, "VectorKernelsTest covers this width and tile");
        boolean all = !usualWidth && rows == (bits == 512 ? 8 : 5);
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "--add-modules=jdk.incubator.vector",
                        // a JVM may default to shorter vectors than the machine has
                        "-XX:+IgnoreUnrecognizedVMOptions",
                        "-XX:UseAVX=3",
                        "-XX:MaxVectorSize=" + bits / 8,
                        "-D" + VectorMath.BITS_PROPERTY + "=" + bits,
                        "-D" + VectorTile.ROWS_PROPERTY + "=" + rows,
                        "-cp",
                        System.getProperty("java.class.path"),
                        Child.class.getName(),
                        all ? "all" : "products")
                .redirectErrorStream(true)
                .start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, process.waitFor(), bits + " bits, tile of " + rows + " rows: " + output);
        assertTrue(output.contains("cpu (vector, " + bits + " bit kernels, "), output);
    }

    /** Prints its backend, runs contracts and prints the failures. */
    static final class Child {
        private Child() {}

        public static void main(String[] args) {
            try (Backend backend = VectorKernelsTest.start()) {
                System.out.println(backend.description());
            }
            DiscoverySelector[] contracts = args[0].equals("all")
                    ? new DiscoverySelector[] {selectClass(VectorKernelsTest.class)}
                    : new DiscoverySelector[] {
                        selectNestedClass(List.of(VectorKernelsTest.class), VectorKernelsTest.Matrix.class),
                        selectNestedClass(List.of(VectorKernelsTest.class), VectorKernelsTest.Convolution.class)
                    };
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
