package org.rlr.model.config;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Map;
import org.junit.jupiter.api.Test;

class ModelInfoTest {
    private static final ScoreStatistics SCORES = new ScoreStatistics(7, 1, 0.5, 2, 2.5, 0, 3);

    private static ModelInfo unscored() {
        return ModelInfo.builder(RlrConfig.published("scattering")).build();
    }

    /** A model has a description before its training images are scored. */
    @Test
    void theThresholdFollowsTheScores() {
        ModelInfo scored = unscored().toBuilder().scores(SCORES).build();
        assertEquals(new Thresholds(Threshold.ofTraining(SCORES), Map.of()), scored.thresholds());
        assertEquals(2.5, scored.thresholds().common().value());
    }

    @Test
    void givenThresholdsAreKept() {
        Thresholds own = new Thresholds(Threshold.ofTraining(ScoreStatistics.given(9)), Map.of());
        ModelInfo info = unscored().toBuilder().scores(SCORES).build().with(own);
        assertEquals(own, info.thresholds());
        assertEquals(own, info.toBuilder().images(7).build().thresholds());
        assertEquals(own, info.with(info.scoring(), SCORES, own).thresholds());
    }
}
