package org.rlr.model.config;

import static org.rlr.model.config.Numbers.requireUsable;

import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.rlr.tensor.RlrException;

/**
 * The score above which an image is called anomalous, how it was found, and how sure it is. Rates are fractions; an
 * interval is null where it is not known.
 *
 * @param value an image is anomalous whose score exceeds it
 * @param rule how it was found
 * @param target what was asked for: the false-alarm rate, the recall, or the number of standard deviations; 0 for
 *     {@link Rule#F1_MAX} and {@link Rule#GIVEN}
 * @param confidence of the intervals, as 0.95; 0 where there are none
 * @param normal normal images it was found with
 * @param anomalous anomalous images it was found with
 * @param mean mean score of the normal ones
 * @param std standard deviation of their scores
 * @param valueInterval the threshold, and where the true quantile of normal scores lies
 * @param falseAlarmRate the share of normal images above the threshold that is to be expected
 * @param recall the share of anomalous images above the threshold
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
        /** By whoever made the model, without images. */
        GIVEN,
        /** The mean of the training images' scores and so many standard deviations: no more than a start. */
        TRAINING_DEVIATIONS,
        /** A quantile of the scores of normal images that were held out of training. */
        FALSE_ALARM_RATE,
        /** The greatest F1 on labelled images. */
        F1_MAX,
        /** A share of the labelled anomalous images is found. */
        RECALL
    }

    /**
     * An estimate and its confidence interval.
     *
     * @param estimate the best single number
     * @param low lower end, or null where the images are too few for one
     * @param high upper end, or null where the images are too few for one
     */
    public record Interval(
            double estimate, @Nullable Double low, @Nullable Double high) {
        /**
         * Checks that its ends are in order.
         *
         * @param estimate the best single number
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
     * Checks that it is usable.
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

    /** The threshold that training leaves behind. */
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
     * Whether an image of that score is anomalous.
     *
     * @param score image score
     * @return whether {@code score > value}
     */
    public boolean exceededBy(double score) {
        return score > value;
    }

    /**
     * How far a score is above the threshold, in standard deviations of the normal images' scores, by which images of
     * classes with thresholds of their own compare.
     *
     * @param score image score
     * @return the distance; with a deviation of 0 the plain difference
     */
    public double margin(double score) {
        return (score - value) / (std > 0 ? std : 1);
    }

    /**
     * A score as a number of 0…1 that does not depend on the model: 0.5 at the threshold, and {@code 1/(1 + exp(-z))}
     * with z the distance from it in standard deviations of the normal images' scores. Greater scores never get a
     * lesser number.
     *
     * @param score image score
     * @return 0…1; with a deviation of 0 just 0, 0.5 or 1
     */
    public double normalized(double score) {
        double distance = score - value;
        return distance == 0 ? 0.5 : 1 / (1 + Math.exp(-distance / std)); // a deviation of 0 makes it 0 or 1
    }
}
