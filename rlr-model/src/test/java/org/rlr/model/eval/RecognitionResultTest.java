package org.rlr.model.eval;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.rlr.model.config.Threshold;
import org.rlr.model.config.Thresholds;
import org.rlr.model.eval.RecognitionResult.Given;
import org.rlr.model.eval.RecognitionResult.Image;

class RecognitionResultTest {
    private static Threshold threshold(double value, double std) {
        return new Threshold(value, Threshold.Rule.GIVEN, 0, 0, 9, 0, 0, std, null, null, null);
    }

    /** Normal scores of fine are about 1, those of coarse about 10. */
    private static final Thresholds THRESHOLDS =
            new Thresholds(threshold(11, 4), Map.of("fine", threshold(2, 0.5), "coarse", threshold(14, 2)));

    private static Image image(String name, @Nullable String recognized, double score, boolean defective) {
        return new Image(name, recognized, score, defective);
    }

    private static final List<Image> IMAGES = List.of(
            image("fine", "fine", 1, false),
            image("fine", "fine", 1.5, false),
            image("fine", "fine", 3, true),
            image("fine", null, 1, true),
            image("coarse", "coarse", 10, false),
            image("coarse", "coarse", 12, false),
            image("coarse", "coarse", 15, true),
            image("coarse", "fine", 13, true));

    @Test
    void imagesAreCountedByWhatTheyWereRecognisedAs() {
        RecognitionResult result = RecognitionResult.of(IMAGES, THRESHOLDS);
        assertEquals(
                Map.of(
                        "fine", Map.of("fine", 3, RecognitionResult.UNKNOWN, 1),
                        "coarse", Map.of("coarse", 3, "fine", 1)),
                result.confusion());
        assertEquals(List.of("fine", "coarse", RecognitionResult.UNKNOWN), result.recognized());
        assertTrue(result.telling());
        assertFalse(RecognitionResult.of(IMAGES.subList(0, 3), THRESHOLDS).telling());
        assertTrue(RecognitionResult.of(IMAGES.subList(0, 4), THRESHOLDS).telling());
    }

    @Test
    void f1OfAllClassesTogether() {
        RecognitionResult result = RecognitionResult.of(IMAGES, THRESHOLDS);
        // with the common threshold 12 is a false alarm, 3 and 1 are missed
        check(result, Given.NOTHING, 4.0 / 7, 2.0 * 4 / 12);
        // the image recognised as fine is above the threshold of fine, the unknown one is anomalous
        check(result, Given.RECOGNIZED, 1, 1);
        // 13 is below the threshold of coarse, 1 below that of fine
        check(result, Given.CLASS, 4.0 / 6, 6.0 / 7);
        JsonObject json = result.json();
        assertEquals(
                3,
                json.getAsJsonObject("confusion")
                        .getAsJsonObject("coarse")
                        .get("coarse")
                        .getAsInt());
        assertEquals(
                1,
                json.getAsJsonObject("image_f1")
                        .getAsJsonObject("recognized")
                        .get("kept")
                        .getAsDouble());
        String table = result.toTable();
        assertTrue(table.contains("unknown product") && table.contains("57.1"), table);
    }

    private static void check(RecognitionResult result, Given given, double kept, double best) {
        RecognitionResult.ImageF1 row = result.imageF1().get(given.ordinal());
        assertEquals(given, row.given());
        assertEquals(kept, row.kept().orElseThrow(), 1e-12, given + " kept");
        assertEquals(best, row.best().orElseThrow(), 1e-12, given + " best");
    }

    @Test
    void scoresOfAnotherScoringHaveNoThresholds() {
        RecognitionResult result = RecognitionResult.of(IMAGES, null);
        assertTrue(result.imageF1().isEmpty());
        assertFalse(result.toTable().contains("F1"));
    }

    @Test
    void withoutBothKindsF1IsUndefined() {
        RecognitionResult result = RecognitionResult.of(IMAGES.subList(0, 2), THRESHOLDS);
        result.imageF1()
                .forEach(row -> assertTrue(row.kept().isEmpty() && row.best().isEmpty()));
        assertTrue(result.json()
                .getAsJsonObject("image_f1")
                .getAsJsonObject("class")
                .get("best")
                .isJsonNull());
    }
}
