package org.rlr.model.eval;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rlr.tensor.RlrException;

class EvaluationResultTest {
    private static ClassMetrics all(String name, double value) {
        return new ClassMetrics(
                name,
                Stream.of(Metric.values()).collect(Collectors.toMap(m -> m, m -> value)),
                OptionalDouble.of(0.5),
                "");
    }

    private static final EvaluationResult RESULT = new EvaluationResult(List.of(
            all("tile", 1),
            new ClassMetrics(
                    "long-named class",
                    Map.of(Metric.IMAGE_AUROC, 0.5004, Metric.IMAGE_AP, 0.25, Metric.IMAGE_F1MAX, 0.125),
                    OptionalDouble.of(2),
                    "3 defective test images have no mask")));

    @Test
    void meanIsOverTheClassesThatDefineTheMetric() {
        assertEquals(0.7502, RESULT.mean(Metric.IMAGE_AUROC).getAsDouble(), 1e-12);
        assertEquals(2, RESULT.defined(Metric.IMAGE_AUROC));
        assertEquals(1, RESULT.mean(Metric.AUPRO).getAsDouble());
        assertEquals(1, RESULT.defined(Metric.AUPRO));
        assertTrue(new EvaluationResult(List.of()).mean(Metric.AUPRO).isEmpty());
    }

    @Test
    void jsonHasTheAgreedFormWithNullForUndefined(@TempDir Path dir) throws IOException {
        Path file = dir.resolve("result.json");
        RESULT.writeJson(file);
        JsonObject root = JsonParser.parseString(Files.readString(file)).getAsJsonObject();
        assertEquals(List.of("classes", "mean"), List.copyOf(root.keySet()));
        JsonObject row = root.getAsJsonArray("classes").get(1).getAsJsonObject();
        assertEquals(
                List.of(
                        "name",
                        "image_auroc",
                        "image_ap",
                        "image_f1max",
                        "pixel_auroc",
                        "pixel_ap",
                        "pixel_f1max",
                        "aupro"),
                List.copyOf(row.keySet()));
        assertEquals("long-named class", row.get("name").getAsString());
        assertEquals(0.5004, row.get("image_auroc").getAsDouble());
        assertTrue(row.get("pixel_auroc").isJsonNull() && row.get("aupro").isJsonNull());
        JsonObject mean = root.getAsJsonObject("mean");
        assertEquals(
                List.of("image_auroc", "image_ap", "image_f1max", "pixel_auroc", "pixel_ap", "pixel_f1max", "aupro"),
                List.copyOf(mean.keySet()));
        assertEquals(0.7502, mean.get("image_auroc").getAsDouble(), 1e-12);
        assertEquals(1, mean.get("aupro").getAsDouble());
    }

    @Test
    void tableIsInPercentAndSaysWhatIsUndefined() {
        assertEquals("""
                class             image AUROC     AP  F1-max  pixel AUROC     AP  F1-max  AUPRO
                tile                    100.0  100.0   100.0        100.0  100.0   100.0  100.0
                long-named class         50.0   25.0    12.5            -      -       -      -
                mean                     75.0   62.5    56.3        100.0  100.0   100.0  100.0
                - long-named class: 3 defective test images have no mask
                - mean of pixel_auroc over 1 of 2 classes
                - mean of pixel_ap over 1 of 2 classes
                - mean of pixel_f1max over 1 of 2 classes
                - mean of aupro over 1 of 2 classes
                """, RESULT.toTable());
    }

    @Test
    void aNumberThatIsNoFractionIsRefused() {
        assertThrows(IllegalArgumentException.class, () -> all("x", Double.NaN));
        assertThrows(IllegalArgumentException.class, () -> all("x", 1.01));
    }

    @Test
    void evaluatorPoolsImagesAndKeepsTheThreshold() {
        ClassEvaluator evaluator = new ClassEvaluator("c");
        evaluator.add(1, false, new float[] {1, 2}, null, 1, 2);
        evaluator.add(3, true, new float[] {1, 5}, new boolean[] {false, true}, 1, 2);
        evaluator.add(4, false, new float[] {6, 1}, new boolean[] {true, false}, 1, 2);
        ClassMetrics metrics = evaluator.metrics();
        assertEquals(7, metrics.values().size());
        metrics.values().forEach((metric, value) -> assertEquals(1, value, metric.key()));
        assertEquals(3, metrics.bestF1Threshold().getAsDouble());
        assertEquals("", metrics.note());
    }

    @Test
    void undefinedMetricsAreAbsentAndExplained() {
        assertUndefined(new ClassEvaluator("c"), 0, "no test images");
        ClassEvaluator good = new ClassEvaluator("c");
        good.add(1, false, new float[2], null, 1, 2);
        assertUndefined(good, 0, "no defective test images; no mask has a pixel set");
        ClassEvaluator bad = new ClassEvaluator("c");
        bad.add(1, true, new float[2], new boolean[] {true, false}, 1, 2);
        assertUndefined(bad, 4, "no good test images");
        good.add(2, true, new float[2], null, 1, 2);
        assertUndefined(good, 3, "1 defective test image has no mask");
        ClassEvaluator empty = new ClassEvaluator("c");
        empty.add(1, false, new float[2], null, 1, 2);
        empty.add(2, true, new float[2], new boolean[2], 1, 2);
        assertUndefined(empty, 3, "no mask has a pixel set");
    }

    private static void assertUndefined(ClassEvaluator evaluator, int defined, String note) {
        ClassMetrics metrics = evaluator.metrics();
        assertEquals(defined, metrics.values().size(), metrics.toString());
        assertEquals(note, metrics.note());
    }

    @Test
    void anImageWithAScoreThatIsNotFiniteIsAnError() {
        ClassEvaluator evaluator = new ClassEvaluator("c");
        assertThrows(RlrException.class, () -> evaluator.add(Double.NaN, false, new float[2], null, 1, 2));
        assertThrows(RlrException.class, () -> evaluator.add(1, false, new float[] {0, Float.NaN}, null, 1, 2));
        assertEquals("no test images", evaluator.metrics().note());
    }
}
