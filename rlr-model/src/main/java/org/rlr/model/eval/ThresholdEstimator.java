package org.rlr.model.eval;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.rlr.model.config.Texts;
import org.rlr.model.config.Threshold;
import org.rlr.model.config.Threshold.Interval;
import org.rlr.model.config.Threshold.Rule;
import org.rlr.model.data.DataSetException;
import org.rlr.tensor.InvalidSettingException;

/**
 * Estimates thresholds of image scores. All intervals assume independent images like the given ones. They are exact for
 * small numbers of images: they use order statistics and the binomial distribution.
 */
public final class ThresholdEstimator {
    /** Keeps rounding from making (n + 1)·rate = 1 smaller. */
    private static final double ROUNDING = 1e-9;

    private final double confidence;

    /**
     * Creates an estimator whose intervals have a given confidence, for example 0.95.
     *
     * @param confidence of the intervals, above 0 and below 1
     * @throws InvalidSettingException if it is not
     */
    public ThresholdEstimator(double confidence) {
        requireFraction("confidence", confidence);
        this.confidence = confidence;
    }

    /**
     * Returns a threshold that a new normal image exceeds with a probability of at most {@code rate}: of n held-out
     * scores, the one exceeded by {@code ⌊(n+1)·rate⌋ - 1}. The rate at this threshold has the distribution Beta(a,
     * n+1-a), a = {@code ⌊(n+1)·rate⌋}; the result has its mean and central interval. The interval of the threshold is
     * that of two order statistics which enclose the true quantile.
     *
     * @param normal scores of normal images that the model was not trained on
     * @param rate between 0 and 1
     * @return the threshold, its interval and the interval of the rate
     * @throws org.rlr.tensor.RlrException if the rate is out of range, a score is not finite, or the scores are fewer
     *     than {@code 1/rate - 1}, too few for the rate
     */
    public Threshold falseAlarmRate(double[] normal, double rate) {
        requireEnough(normal.length, rate);
        int n = normal.length;
        int above = place(n, rate);
        double[] sorted = sorted(normal);
        double tail = (1 - confidence) / 2;
        Interval expected = new Interval(
                (double) above / (n + 1),
                Binomial.betaQuantile(tail, above, n + 1 - above),
                Binomial.betaQuantile(1 - tail, above, n + 1 - above));
        double value = sorted[n - above];
        return threshold(
                value,
                Rule.FALSE_ALARM_RATE,
                rate,
                normal,
                0,
                quantileInterval(value, sorted, 1 - rate, tail),
                expected,
                null);
    }

    /**
     * Returns the rank of the score that is the threshold of a rate, from 1 for the highest of n scores; 0 if n is too
     * small.
     */
    private static int place(int n, double rate) {
        return (int) ((n + 1) * rate + ROUNDING);
    }

    /**
     * Returns the order statistics that enclose a quantile with at most {@code tail} beyond each; null for an end
     * beyond the scores.
     */
    private static Interval quantileInterval(double estimate, double[] sorted, double quantile, double tail) {
        int n = sorted.length;
        int low = Binomial.quantile(Math.nextUp(tail), n, quantile);
        int high = Binomial.quantile(1 - tail, n, quantile) + 1;
        return new Interval(estimate, low == 0 ? null : sorted[low - 1], high > n ? null : sorted[high - 1]);
    }

    /**
     * Returns the threshold of the greatest F1, halfway to the next lower score.
     *
     * @param normal scores of normal images, at least one
     * @param anomalous scores of anomalous images, at least one
     * @return the threshold, with the false-alarm rate and the recall that it has on these images
     * @throws org.rlr.tensor.RlrException if there are no normal or no anomalous scores, or one is not finite
     */
    public Threshold bestF1(double[] normal, double[] anomalous) {
        requireBoth(normal.length, anomalous.length);
        double least = ranking(normal, anomalous).bestF1().orElseThrow().threshold();
        return labelled(least, Rule.F1_MAX, 0, normal, anomalous);
    }

    /**
     * Returns the highest threshold that at least this share of the anomalous images exceeds, halfway between the last
     * of them and the next lower score.
     *
     * @param normal scores of normal images, at least one
     * @param anomalous scores of anomalous images, at least one
     * @param recall between 0 and 1; 1 is allowed
     * @return the threshold, with the false-alarm rate and the recall that it has on these images
     * @throws org.rlr.tensor.RlrException if the recall is out of range, there are no normal or no anomalous scores, or
     *     one is not finite
     */
    public Threshold recall(double[] normal, double[] anomalous, double recall) {
        requireRecall(recall);
        requireBoth(normal.length, anomalous.length);
        double[] sorted = sorted(anomalous);
        int found = Math.max(1, (int) Math.ceil(recall * sorted.length - ROUNDING));
        return labelled(sorted[sorted.length - found], Rule.RECALL, recall, normal, anomalous);
    }

    /** Returns a threshold just below the lowest score to be called anomalous. */
    private Threshold labelled(double least, Rule rule, double target, double[] normal, double[] anomalous) {
        double below = Double.NEGATIVE_INFINITY;
        for (double[] scores : new double[][] {normal, anomalous}) {
            for (double score : scores) {
                below = score < least ? Math.max(below, score) : below;
            }
        }
        double middle = below + (least - below) / 2;
        double value = below == Double.NEGATIVE_INFINITY ? Math.nextDown(least) : middle < least ? middle : below;
        return threshold(
                value,
                rule,
                target,
                normal,
                anomalous.length,
                null,
                Binomial.share(above(normal, value), normal.length, confidence),
                Binomial.share(above(anomalous, value), anomalous.length, confidence));
    }

    private Threshold threshold(
            double value,
            Rule rule,
            double target,
            double[] normal,
            int anomalous,
            @Nullable Interval range,
            @Nullable Interval falseAlarms,
            @Nullable Interval recall) {
        double mean = Arrays.stream(normal).average().orElseThrow();
        double squares = Arrays.stream(normal)
                .map(score -> (score - mean) * (score - mean))
                .sum();
        return new Threshold(
                value,
                rule,
                target,
                confidence,
                normal.length,
                anomalous,
                mean,
                Math.sqrt(squares / normal.length),
                range,
                falseAlarms,
                recall);
    }

    private static int above(double[] scores, double value) {
        return (int) Arrays.stream(scores).filter(score -> score > value).count();
    }

    private static double[] sorted(double[] scores) {
        double[] sorted = new double[scores.length];
        Arrays.setAll(sorted, i -> ScoreRanking.requireFinite(scores[i], i));
        Arrays.sort(sorted);
        return sorted;
    }

    private static ScoreRanking ranking(double[] normal, double[] anomalous) {
        return new ScoreRanking(sorted(anomalous), anomalous.length, sorted(normal), normal.length);
    }

    /**
     * Checks, before scoring, that labelled images are of both kinds.
     *
     * @param normal the number of normal images
     * @param anomalous the number of anomalous images
     * @throws DataSetException if there are none of a kind
     */
    public static void requireBoth(int normal, int anomalous) {
        if (normal == 0 || anomalous == 0) {
            throw new DataSetException(
                    "a threshold from labelled images needs both kinds, but there are " + normal + " normal and "
                            + anomalous + " anomalous ones",
                    "add some, or use `falseAlarmRate`, which needs normal ones only",
                    null);
        }
    }

    /**
     * Checks, before scoring, that the normal images suffice for a false-alarm rate.
     *
     * @param normal the number of normal images
     * @param rate above 0 and below 1
     * @throws InvalidSettingException if the rate is not between 0 and 1
     * @throws DataSetException if they are fewer than {@code 1/rate - 1}, with the required number
     */
    public static void requireEnough(int normal, double rate) {
        requireRate(rate);
        if (place(normal, rate) < 1) {
            throw new DataSetException(
                    Texts.count(normal, "normal image") + " held out of training cannot show a false-alarm rate of "
                            + rate + ": at least " + required(rate) + " are needed",
                    "give more"
                            + (normal == 0 ? "" : ", or a rate of " + Math.ceil(1e4 / (normal + 1)) / 1e4 + " or more"),
                    null);
        }
    }

    /**
     * Returns the number of normal images that a false-alarm rate requires.
     *
     * @param rate above 0 and below 1
     * @return {@code 1/rate - 1}, rounded up
     */
    public static long required(double rate) {
        return (long) Math.ceil(1 / rate - 1 - ROUNDING);
    }

    /**
     * Checks a false-alarm rate.
     *
     * @param rate above 0 and below 1
     * @throws InvalidSettingException if it is not between 0 and 1
     */
    public static void requireRate(double rate) {
        requireFraction("falseAlarmRate", rate);
    }

    /**
     * Checks a recall.
     *
     * @param recall above 0 and at most 1
     * @throws InvalidSettingException if it is not between 0 and 1, or 1
     */
    public static void requireRecall(double recall) {
        if (recall != 1) {
            requireFraction("recall", recall);
        }
    }

    private static void requireFraction(String name, double value) {
        InvalidSettingException.require(value > 0 && value < 1, name, value, "between 0 and 1, as 0.05");
    }
}
