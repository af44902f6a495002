package org.rlr.model.cli;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class TrainingProgressTest {
    /** Of 100 steps 40 were done before: the one that took a tenth of a second and more leaves 59 such. */
    @Test
    void theTimeLeftOfAResumedTrainingIsReckonedByItsOwnSteps() throws InterruptedException {
        PrintStream usual = System.err;
        ByteArrayOutputStream shown = new ByteArrayOutputStream();
        System.setErr(new PrintStream(shown, true, StandardCharsets.UTF_8));
        try (TrainingProgress progress = new TrainingProgress(null)) {
            progress.started(40, 1);
            progress.step(41, 100, 1, 1, 0.5, 4);
            Thread.sleep(100);
        } finally {
            System.setErr(usual);
        }
        List<String> lines = shown.toString(StandardCharsets.UTF_8).lines().filter(line -> !line.isBlank()).toList();
        String text = lines.get(lines.size() - 1);
        assertTrue(text.contains("41/100 steps") && text.contains("epoch 41/100"), text);
        assertFalse(text.contains("/ 0:00:00)"), text);
    }
}
