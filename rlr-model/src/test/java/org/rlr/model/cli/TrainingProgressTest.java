package org.rlr.model.cli;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class TrainingProgressTest {
    /**
     * Of a thousand million steps four tenths were done earlier. The estimate from one step of this process is 600
     * million such steps; counting the earlier steps would give nearly zero.
     */
    @Test
    void theTimeLeftOfAResumedTrainingIsReckonedByItsOwnSteps() {
        PrintStream usual = System.err;
        ByteArrayOutputStream shown = new ByteArrayOutputStream();
        System.setErr(new PrintStream(shown, true, StandardCharsets.UTF_8));
        try (TrainingProgress progress = new TrainingProgress(null, estimate -> {})) {
            progress.started(400_000, 1);
            progress.step(400_001, 1_000_000, 1, 1000, 0.5, 4);
        } finally {
            System.setErr(usual);
        }
        List<String> lines = shown.toString(StandardCharsets.UTF_8)
                .lines()
                .filter(line -> !line.isBlank())
                .toList();
        String text = lines.get(lines.size() - 1);
        assertTrue(text.contains("400000001/1000000000 steps") && text.contains("epoch 400001/1000000"), text);
        assertFalse(text.contains("/ 0:00:00)"), text);
    }
}
