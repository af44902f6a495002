package org.rlr.model.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.rlr.model.config.GateMode;
import org.rlr.model.config.OptimizerMode;
import org.rlr.model.config.Schedule;
import org.rlr.model.config.TrainingSettings;
import org.rlr.tensor.InvalidSettingException;

class TrainingSettingsTest {
    private static final float RATE = 0.5f;

    private static TrainingSettings settings(int warmup, Schedule schedule) {
        return TrainingSettings.builder()
                .epochs(1)
                .learningRate(RATE)
                .seed(1)
                .warmupSteps(warmup)
                .schedule(schedule)
                .build();
    }

    @Test
    void aConstantRateStaysBitForBit() {
        for (long step = 0; step < 10; step++) {
            assertEquals(RATE, settings(0, Schedule.CONSTANT).learningRate(step, 10));
        }
    }

    @Test
    void theWarmUpRisesEvenlyAndEndsBelowTheRate() {
        TrainingSettings s = settings(4, Schedule.CONSTANT);
        for (int step = 0; step < 4; step++) {
            assertEquals(RATE * (step + 1) / 5, s.learningRate(step, 10), 1e-7);
        }
        assertEquals(RATE, s.learningRate(4, 10));
    }

    @Test
    void theCosineBeginsAtTheRateIsHalfInTheMiddleAndEndsAboveZero() {
        TrainingSettings s = settings(10, Schedule.COSINE);
        assertEquals(RATE, s.learningRate(10, 110));
        assertEquals(RATE / 2, s.learningRate(60, 110), 1e-7);
        assertTrue(
                s.learningRate(109, 110) > 0 && s.learningRate(109, 110) < 1e-3 * RATE, "the last step still learns");
        for (long step = 11; step < 110; step++) {
            assertTrue(s.learningRate(step, 110) < s.learningRate(step - 1, 110));
        }
    }

    /** A training shorter than its warm-up. */
    @Test
    void aWarmUpLongerThanTheTrainingIsNoMistake() {
        assertEquals(RATE * 3 / 101, settings(100, Schedule.COSINE).learningRate(2, 3), 1e-7);
        assertEquals(RATE, settings(2, Schedule.COSINE).learningRate(2, 2), "no division by zero");
    }

    @Test
    void whatMakesNoSenseIsRefused() {
        assertEquals(
                "`warmupSteps` is -1; it must be zero or a positive number of steps",
                assertThrows(InvalidSettingException.class, () -> settings(-1, null))
                        .explanation());
        assertEquals(Schedule.CONSTANT, settings(0, null).schedule(), "models of earlier versions lack it");
        assertEquals(
                "unknown schedule 'linear'; choose constant or cosine with `schedule`",
                assertThrows(InvalidSettingException.class, () -> Schedule.of("linear"))
                        .explanation());
        assertEquals(
                "unknown gate 'x'; choose none, gate or net with `gate`",
                assertThrows(InvalidSettingException.class, () -> GateMode.of("x"))
                        .explanation());
        assertEquals(OptimizerMode.ZERO_STEPS, OptimizerMode.of("zero-steps"));
    }
}
