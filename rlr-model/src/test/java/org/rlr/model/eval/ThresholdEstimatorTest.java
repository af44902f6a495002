package org.rlr.model.eval;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.rlr.model.config.Threshold;
import org.rlr.tensor.RlrException;

class ThresholdEstimatorTest {
    private final ThresholdEstimator estimator = new ThresholdEstimator(0.95);

    private static double[] upTo(int n) {
        double[] scores = new double[n];
        Arrays.setAll(scores, i -> (i * 37 % n) + 1); // shuffled where 37 does not divide n
        return scores;
    }

    /** Values of standard tables. */
    @Test
    void binomialAndBetaDistribution() {
        assertEquals(0.5, Binomial.cdf(2, 5, 0.5), 1e-15);
        assertEquals(0.9983650626, Binomial.cdf(4, 10, 0.1), 1e-10);
        assertEquals(0, Binomial.cdf(-1, 10, 0.1));
        assertEquals(1, Binomial.cdf(10, 10, 0.1));
        assertEquals(0.501262, Binomial.cdf(50_000, 100_000, 0.5), 1e-6);
        for (double probability : new double[] {0.001, 0.025, 0.5, 0.975}) {
            int k = Binomial.quantile(probability, 300, 0.9);
            assertTrue(
                    Binomial.cdf(k, 300, 0.9) >= probability && Binomial.cdf(k - 1, 300, 0.9) < probability,
                    probability + " at " + k);
        }
        assertEquals(0, Binomial.quantile(0.5, 3, 0.1));
        assertEquals(3, Binomial.quantile(1, 3, 0.9));
        assertEquals(1 - Math.pow(0.025, 1.0 / 20), Binomial.betaQuantile(0.975, 1, 20), 1e-12);
        assertEquals(0.5, Binomial.betaQuantile(0.5, 7, 7), 1e-12);
        Threshold.Interval half = Binomial.share(5, 10, 0.95);
        assertEquals(0.1870860, half.low(), 1e-7);
        assertEquals(0.8129140, half.high(), 1e-7);
        assertEquals(0, Binomial.share(0, 10, 0.95).low());
        assertEquals(0.3084971, Binomial.share(0, 10, 0.95).high(), 1e-7);
        assertEquals(1, Binomial.share(10, 10, 0.95).high());
    }

    @ParameterizedTest
    @CsvSource({
        "99,0.01,99",
        "199,0.01,198",
        "200,0.01,199",
        "298,0.01,297",
        "19,0.05,19",
        "9,0.1,9",
        "9,0.3,7",
        "1,0.5,1"
    })
    void theQuantileIsTheOrderStatisticThatKeepsTheRate(int n, double rate, double expected) {
        Threshold t = estimator.falseAlarmRate(upTo(n), rate);
        assertEquals(expected, t.value());
        int above = n - (int) expected;
        assertEquals((above + 1.0) / (n + 1), t.falseAlarmRate().estimate(), 1e-12);
        assertTrue(t.falseAlarmRate().estimate() <= rate + 1e-12
                && t.falseAlarmRate().low() < rate
                && t.falseAlarmRate().high() > t.falseAlarmRate().estimate());
        assertEquals(n, t.normal());
        assertNull(t.recall());
    }

    @Test
    void tooFewImagesForARateAreRefusedWithTheNumberNeeded() {
        String message = assertThrows(RlrException.class, () -> estimator.falseAlarmRate(upTo(98), 0.01))
                .explanation();
        assertTrue(
                message.contains("98 normal images")
                        && message.contains("at least 99")
                        && message.contains("0.0102 or more"),
                message);
        assertEquals(98, estimator.falseAlarmRate(upTo(98), 0.0102).value());
        for (double rate : new double[] {0, 1, -1, Double.NaN}) {
            assertThrows(RlrException.class, () -> estimator.falseAlarmRate(upTo(98), rate));
            assertThrows(RlrException.class, () -> new ThresholdEstimator(rate));
        }
        assertThrows(RlrException.class, () -> estimator.falseAlarmRate(new double[] {1, Double.NaN, 2}, 0.5));
    }

    /**
     * The coverage of the intervals on scores of a known distribution: uniform on 0…1, with rate 1 - t at threshold t.
     */
    @Test
    void theIntervalsHoldAsOftenAsTheySay() {
        SplittableRandom random = new SplittableRandom(5);
        int runs = 4000;
        int rateCovered = 0;
        int quantileCovered = 0;
        double sum = 0;
        for (int run = 0; run < runs; run++) {
            double[] scores = random.doubles(120).toArray();
            Threshold t = estimator.falseAlarmRate(scores, 0.1);
            double rate = 1 - t.value();
            sum += rate;
            rateCovered += t.falseAlarmRate().low() <= rate
                            && rate <= t.falseAlarmRate().high()
                    ? 1
                    : 0;
            quantileCovered +=
                    t.valueInterval().low() <= 0.9 && 0.9 <= t.valueInterval().high() ? 1 : 0;
        }
        assertEquals(0.95, rateCovered / (double) runs, 0.015);
        assertTrue(quantileCovered / (double) runs > 0.945 && quantileCovered < runs, quantileCovered + " of " + runs);
        assertEquals(12.0 / 121, sum / runs, 0.002);
    }

    @Test
    void anEndOfTheIntervalIsOpenWhereTheScoresEnd() {
        Threshold t = estimator.falseAlarmRate(upTo(99), 0.01);
        assertNull(t.valueInterval().high());
        assertNotNull(t.valueInterval().low());
        assertNotNull(estimator.falseAlarmRate(upTo(999), 0.01).valueInterval().high());
    }

    @Test
    void bestF1LiesHalfwayBelowTheLastThatIsFound() {
        double[] normal = {1, 2, 3, 6};
        double[] anomalous = {5, 8, 9, 0.5};
        Threshold t = estimator.bestF1(normal, anomalous);
        assertEquals(4, t.value(), "between 5, with F1 6/8, and 3");
        assertEquals(0.75, t.recall().estimate());
        assertEquals(0.25, t.falseAlarmRate().estimate());
        double best = 0;
        for (double threshold = 0; threshold < 10; threshold += 0.25) {
            double limit = threshold;
            long found = Arrays.stream(anomalous).filter(s -> s > limit).count();
            long alarms = Arrays.stream(normal).filter(s -> s > limit).count();
            best = Math.max(best, 2.0 * found / (found + alarms + anomalous.length));
        }
        assertEquals(best, 0.75);
    }

    @ParameterizedTest
    @CsvSource({"1,1.5", "0.75,4.5", "0.76,1.5", "0.5,6.5", "0.25,7.5", "0.01,7.5"})
    void aRecallIsReachedByTheHighestThresholdThatReachesIt(double recall, double expected) {
        double[] normal = {1, 4, 6};
        double[] anomalous = {2, 5, 7, 8};
        Threshold t = estimator.recall(normal, anomalous, recall);
        assertEquals(expected, t.value());
        assertTrue(t.recall().estimate() >= recall);
        assertEquals(
                Arrays.stream(normal).filter(s -> s > expected).count() / 3.0,
                t.falseAlarmRate().estimate());
    }

    @Test
    void labelledThresholdsNeedBothKindsAndWorkWithTies() {
        assertThrows(RlrException.class, () -> estimator.bestF1(new double[0], new double[] {1}));
        assertThrows(RlrException.class, () -> estimator.recall(new double[] {1}, new double[0], 0.5));
        assertThrows(RlrException.class, () -> estimator.recall(new double[] {1}, new double[] {2}, 1.5));
        Threshold tied = estimator.recall(new double[] {3, 3}, new double[] {3, 3}, 1);
        assertEquals(Math.nextDown(3.0), tied.value());
        double next = Math.nextUp(1.0);
        assertEquals(
                1.0, estimator.recall(new double[] {1}, new double[] {next}, 1).value(), "nothing lies between");
    }

    @Test
    void normalizedScoresRiseFromNoughtToOneWithAHalfAtTheThreshold() {
        Threshold t = estimator.falseAlarmRate(upTo(99), 0.05);
        assertEquals(0.5, t.normalized(t.value()));
        double last = 0;
        for (double score = -100; score < 300; score += 1) {
            double normalized = t.normalized(score);
            assertTrue(
                    normalized > last && normalized < 1 && normalized > 0.5 == t.exceededBy(score),
                    score + " becomes " + normalized);
            last = normalized;
        }
        assertEquals(1 / (1 + Math.exp(-1)), t.normalized(t.value() + t.std()), 1e-12);
        Threshold constant = estimator.falseAlarmRate(new double[] {2, 2, 2}, 0.3);
        assertEquals(0, constant.std());
        assertEquals(0.5, constant.normalized(2));
        assertEquals(0, constant.normalized(1));
        assertEquals(1, constant.normalized(3));
    }
}
