package org.rlr.bench;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;

/** Every benchmark runs: our side, with one setting and one short iteration, each in its own JVM. */
@Tag("thorough")
class BenchmarksRunTest {

    @TestFactory
    Stream<DynamicTest> runs() {
        Map<String, Cells.Row> first = new LinkedHashMap<>();
        for (Cells.Row row : Cells.matching("", Cells.Extent.USUAL, Map.of())) {
            first.putIfAbsent(row.benchmark(), row);
        }
        assertTrue(
                first.keySet()
                        .containsAll(
                                List.of("GemmBenchmark.multiply", "AttentionBenchmark.forward", "LevelBenchmark.step")),
                first.keySet().toString());
        JmhRuns runs = new JmhRuns(true, "", Path.of("peers"));
        return first.values().stream()
                .map(row -> DynamicTest.dynamicTest(row.label(), () -> {
                    double[] ms = runs.run(row, Cells.OURS, Variant.PLAIN);
                    assertTrue(ms.length > 0 && ms[0] > 0);
                }));
    }
}
