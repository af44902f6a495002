package org.rlr.model.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.rlr.model.train.TrainingEstimate;

class EstimateTextTest {
    @Test
    void timesAreAsExactAsAnEstimateIs() {
        assertEquals("7 s", EstimateText.time(Duration.ofMillis(6600)));
        assertEquals("2 min", EstimateText.time(Duration.ofSeconds(100)));
        assertEquals("7 min", EstimateText.time(Duration.ofSeconds(431)));
        assertEquals("90 min", EstimateText.time(Duration.ofMinutes(90)));
        assertEquals("10.5 h", EstimateText.time(Duration.ofMinutes(630)));
        assertEquals(
                "features took 40 s; 16 epochs of 179 steps, 1.3 million parameters: about 7 min",
                EstimateText.of(new TrainingEstimate(
                        716, 80, 1_260_000, 16, 0, 179, Duration.ofSeconds(40), Duration.ofMinutes(7))));
        assertEquals(
                "features took 1 s; 1 more epoch of 2 steps, 0.1 million parameters",
                EstimateText.of(new TrainingEstimate(8, 0, 90_000, 3, 2, 2, Duration.ofSeconds(1), null)));
    }
}
