package org.rlr.model.config;

import static org.rlr.model.config.Numbers.requireUsable;

import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.rlr.tensor.RlrException;

/**
 * The score above which an image is anomalous, with its origin and uncertainty. Rates are fractions; an interval is
 * null if unknown.
 *
 * @param value images with a greater score are anomalous
 * @param rule the rule by which it was found
 * @param target the requested false-alarm rate, recall, or number of standard deviations; 0 for {@link Rule#F1_MAX} and
 *     {@link Rule#GIVEN}
 * @param confidence confidence level of the intervals, such as 0.95; 0 if there are none
 * @param normal number of normal images used
 * @param anomalous number of anomalous images used
 * @param mean mean score of the normal images
 * @param std standard deviation of their scores
 * @param valueInterval the threshold with the confidence interval of the true quantile of normal scores
 * @param falseAlarmRate expected share of normal images above the threshold
 * @param recall share of anomalous images above the threshold
 */
public record Threshold(
        double value,
        Rule rule,
        double target,
        double confidence,
        int normal,
        int anomalous,
        double mean,
        double std,
        @Nullable Interval valueInterval,
        @Nullable Interval falseAlarmRate,
        @Nullable Interval recall) {

    /** How a threshold is found. */
    public enum Rule {
        /** Given by the user, without images. */
        GIVEN,
        /** Mean of the training images' scores plus some standard deviations: only a first guess. */
        TRAINING_DEVIATIONS,
        /** A quantile of the scores of held-out normal images. */
        FALSE_ALARM_RATE,
        /** The greatest F1 on labelled images. */
        F1_MAX,
        /** Finds a given share of the labelled anomalous images. */
        RECALL
    }

    /**
     * An estimate with its confidence interval.
     *
     * @param estimate the point estimate
     * @param low lower end, or null if there are too few images
     * @param high upper end, or null if there are too few images
     */
    public record Interval(
            double estimate, @Nullable Double low, @Nullable Double high) {
        /**
         * Checks the order of its ends.
         *
         * @param estimate the point estimate
         * @param low lower end, or null
         * @param high upper end, or null
         * @throws IllegalArgumentException if a value is not finite or the low end is above the high one
         */
        public Interval {
            boolean ordered = low == null || high == null || low <= high;
            boolean finite = Double.isFinite(estimate + (low == null ? 0 : low) + (high == null ? 0 : high));
            requireUsable(ordered && finite, "an interval", estimate + " [" + low + ", " + high + "]");
        }
    }

    /**
     * Checks the values.
     *
     * @throws RlrException if the value or the normal scores are not finite
     * @throws IllegalArgumentException if a count is negative or the confidence out of range
     */
    public Threshold {
        Objects.requireNonNull(rule, "the rule of a threshold is missing or unknown");
        if (!Double.isFinite(value) || !Double.isFinite(mean) || !(std >= 0 && std <= Double.MAX_VALUE)) {
            throw new RlrException(
                    "a threshold of " + value + " (normal scores " + mean + " ± " + std + ") is not usable",
                    "find it again with `ThresholdEstimator`");
        }
        requireUsable(Double.isFinite(target), "threshold.target", target);
        requireUsable(confidence >= 0 && confidence < 1, "threshold.confidence", confidence);
        requireUsable(normal >= 0, "threshold.normal", normal);
        requireUsable(anomalous >= 0, "threshold.anomalous", anomalous);
    }

    /** The threshold after training. */
    static Threshold ofTraining(ScoreStatistics scores) {
        boolean found = scores.images() > 0;
        return new Threshold(
                scores.threshold(),
                found ? Rule.TRAINING_DEVIATIONS : Rule.GIVEN,
                found ? ScoreStatistics.DEVIATIONS : 0,
                0,
                scores.images(),
                0,
                scores.mean(),
                scores.std(),
                null,
                null,
                null);
    }

    /**
     * Whether an image with a score is anomalous.
     *
     * @param score image score
     * @return whether {@code score > value}
     */
    public boolean exceededBy(double score) {
        return score > value;
    }

    /**
     * Returns the distance of a score above the threshold in standard deviations of the normal images' scores. It is
     * comparable between classes with their own thresholds.
     *
     * @param score image score
     * @return the distance; with a deviation of 0 the plain difference
     */
    public double margin(double score) {
        return (score - value) / (std > 0 ? std : 1);
    }

    /**
     * Maps a score to 0…1 independently of the model: 0.5 at the threshold, otherwise {@code 1/(1 + exp(-z))}, with z
     * the distance from the threshold in standard deviations of the normal images' scores. The mapping is monotonic.
     *
     * @param score image score
     * @return 0…1; with a deviation of 0 only 0, 0.5 or 1
     */
    public double normalized(double score) {
        double distance = score - value;
        return distance == 0 ? 0.5 : 1 / (1 + Math.exp(-distance / std)); // a deviation of 0 makes it 0 or 1
    }
}
