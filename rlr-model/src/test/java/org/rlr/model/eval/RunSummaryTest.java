package org.rlr.model.eval;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;

class RunSummaryTest {
    private static EvaluationResult run(double nut, double bolt) {
        return new EvaluationResult(List.of(
                new ClassMetrics("nut", Map.of(Metric.IMAGE_AUROC, nut, Metric.AUPRO, 0.5), OptionalDouble.empty(), ""),
                new ClassMetrics("a longer name", Map.of(Metric.IMAGE_AUROC, bolt), OptionalDouble.empty(), "")));
    }

    @Test
    void meanAndSampleDeviationOverTheRuns() {
        RunSummary summary = new RunSummary(List.of(run(0.8, 0.9), run(0.9, 0.9), run(1, 0.9)));
        assertSpread(0.9, 0.1, summary.of(0, Metric.IMAGE_AUROC));
        assertSpread(0.9, 0.05, summary.mean(Metric.IMAGE_AUROC));
        assertSpread(0.9, 0, summary.of(1, Metric.IMAGE_AUROC));
        assertEquals(MeanAndDeviation.of(), summary.of(1, Metric.AUPRO));
        assertEquals(MeanAndDeviation.of(), summary.mean(Metric.PIXEL_AP));
        List<String> lines = summary.toTable().lines().toList();
        assertEquals(4, lines.size());
        assertTrue(
                lines.get(1).startsWith("nut ")
                        && lines.get(1).contains(" 90.0 ± 10.0 ")
                        && lines.get(1).endsWith("50.0 ± 0.0"),
                lines.get(1));
        assertTrue(
                lines.get(3).startsWith("mean ")
                        && lines.get(3).contains(" 90.0 ± 5.0 ")
                        && lines.get(3).contains(" - "),
                lines.get(3));
        assertTrue(lines.stream().allMatch(line -> line.length() == lines.get(0).length()), summary.toTable());
    }

    private static void assertSpread(double mean, double deviation, MeanAndDeviation actual) {
        assertEquals(mean, actual.mean().orElseThrow(), 1e-15);
        assertEquals(deviation, actual.deviation().orElseThrow(), 1e-15);
        assertEquals(3, actual.runs());
    }

    @Test
    void oneRunHasNoDeviation() {
        assertThrows(IllegalArgumentException.class, () -> new RunSummary(List.of(run(0.8, 0.9))));
    }
}
