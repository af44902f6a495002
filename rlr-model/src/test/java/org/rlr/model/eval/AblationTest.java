package org.rlr.model.eval;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;

/** {@link Ablation} and {@link MeanAndDeviation}. */
class AblationTest {
    private static Ablation.Run run(long seed, double... aurocs) {
        List<ClassMetrics> classes = new java.util.ArrayList<>();
        for (double auroc : aurocs) {
            classes.add(new ClassMetrics(
                    "c" + classes.size(), Map.of(Metric.IMAGE_AUROC, auroc), OptionalDouble.empty(), "no masks"));
        }
        return new Ablation.Run(seed, 0.5, new EvaluationResult(classes));
    }

    @Test
    void deviationIsThatOfASample() {
        MeanAndDeviation three = MeanAndDeviation.of(0.25, 0.5, 1);
        assertEquals(1.75 / 3, three.mean().orElseThrow(), 1e-12);
        // squares of -1/3, -1/12 and 5/12 sum up to 7/24
        assertEquals(Math.sqrt(7.0 / 48), three.deviation().orElseThrow(), 1e-12);
        assertEquals("58.3 ± 38.2", three.percent());
        assertEquals(OptionalDouble.empty(), MeanAndDeviation.of(0.5).deviation());
        assertEquals("50.0", MeanAndDeviation.of(0.5).percent());
        assertEquals("-", MeanAndDeviation.of().percent());
    }

    @Test
    void aRunCountsByTheMeanOfItsClasses() {
        Ablation.BlockSet set = new Ablation.BlockSet(List.of("mca"), List.of(run(1, 0.5, 1), run(2, 0.25, 0.25)));
        assertEquals(0.5, set.over(Metric.IMAGE_AUROC).mean().orElseThrow(), 1e-12);
        assertEquals(Math.sqrt(0.125), set.over(Metric.IMAGE_AUROC).deviation().orElseThrow(), 1e-12);
        JsonObject json = JsonParser.parseString(new Ablation(List.of(set)).toJson())
                .getAsJsonObject()
                .getAsJsonArray("sets")
                .get(0)
                .getAsJsonObject();
        assertEquals(0.5, json.getAsJsonObject("mean").get("image_auroc").getAsDouble(), 1e-12);
        assertEquals(
                Math.sqrt(0.125),
                json.getAsJsonObject("standard_deviation").get("image_auroc").getAsDouble(),
                1e-12);
        assertEquals(
                0.75,
                json.getAsJsonArray("runs")
                        .get(0)
                        .getAsJsonObject()
                        .get("image_auroc")
                        .getAsDouble(),
                1e-12);
        assertEquals(
                2,
                json.getAsJsonArray("runs").get(1).getAsJsonObject().get("seed").getAsLong());
        assertTrue(json.getAsJsonObject("mean").get("aupro").isJsonNull(), json.toString());
    }
}
