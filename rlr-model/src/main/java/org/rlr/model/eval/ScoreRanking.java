package org.rlr.model.eval;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import org.rlr.tensor.RlrException;

/**
 * The ranked scores of anomalous and normal items (images or pixels), and the threshold-free metrics of the ranking. A
 * higher score is more anomalous. Without anomalous or without normal items every metric is undefined: its result is
 * empty. Metrics take linear time in the number of scores after sorting.
 */
public final class ScoreRanking {
    private final double[] anomalous;
    private final int anomalousCount;
    private final double[] normal;
    private final int normalCount;

    /** Takes over the arrays; their first elements, up to the counts, must be sorted in ascending order. */
    ScoreRanking(double[] anomalous, int anomalousCount, double[] normal, int normalCount) {
        this.anomalous = anomalous;
        this.anomalousCount = anomalousCount;
        this.normal = normal;
        this.normalCount = normalCount;
    }

    /**
     * Ranks scores by their labels.
     *
     * @param scores one per item
     * @param anomalous whether the item is anomalous
     * @return the ranking
     * @throws RlrException if a score is not finite
     * @throws IllegalArgumentException if there are more or fewer labels than scores
     */
    public static ScoreRanking of(double[] scores, boolean[] anomalous) {
        if (scores.length != anomalous.length) {
            throw new IllegalArgumentException(scores.length + " scores, but " + anomalous.length + " labels");
        }
        double[][] split = {new double[scores.length], new double[scores.length]};
        int[] counts = new int[2];
        for (int i = 0; i < scores.length; i++) {
            int kind = anomalous[i] ? 1 : 0;
            split[kind][counts[kind]++] = requireFinite(scores[i], i);
        }
        Arrays.sort(split[0], 0, counts[0]);
        Arrays.sort(split[1], 0, counts[1]);
        return new ScoreRanking(split[1], counts[1], split[0], counts[0]);
    }

    /**
     * Like {@link #of(double[], boolean[])}, for single precision.
     *
     * @param scores one per item
     * @param anomalous whether the item is anomalous
     * @return the ranking
     * @throws IllegalArgumentException if there are more or fewer labels than scores
     * @throws RlrException if a score is not finite
     */
    public static ScoreRanking of(float[] scores, boolean[] anomalous) {
        double[] wide = new double[scores.length];
        for (int i = 0; i < scores.length; i++) {
            wide[i] = scores[i];
        }
        return of(wide, anomalous);
    }

    /** Returns the score with -0 replaced by 0, so that equal scores also sort as equal. */
    static double requireFinite(double score, int index) {
        if (!Double.isFinite(score)) {
            throw new RlrException(
                    "anomaly score " + index + " is " + score + " and cannot be ranked: the model has diverged",
                    "train it again with a lower `learningRate`");
        }
        return score + 0.0;
    }

    /** {@return the number of anomalous items} */
    public int anomalousCount() {
        return anomalousCount;
    }

    /** {@return the number of normal items} */
    public int normalCount() {
        return normalCount;
    }

    /** {@return whether it has anomalous and normal items, which every metric needs} */
    public boolean isDefined() {
        return anomalousCount > 0 && normalCount > 0;
    }

    /**
     * Returns the area under the receiver operating characteristic: the probability that an anomalous item scores
     * higher than a normal one; ties count one half.
     *
     * @return 0…1, or empty
     */
    public OptionalDouble auroc() {
        if (!isDefined()) {
            return OptionalDouble.empty();
        }
        long halves = 0;
        int below = 0;
        int notAbove = 0;
        for (int i = 0; i < anomalousCount; i++) {
            while (below < normalCount && normal[below] < anomalous[i]) {
                below++;
            }
            while (notAbove < normalCount && normal[notAbove] <= anomalous[i]) {
                notAbove++;
            }
            halves += (long) below + notAbove;
        }
        return OptionalDouble.of(halves / 2.0 / ((double) anomalousCount * normalCount));
    }

    /**
     * Returns the average precision: the sum over the distinct scores, as thresholds, of precision times the gain in
     * recall (no interpolation, no trapezoids).
     *
     * @return 0…1, or empty
     */
    public OptionalDouble averagePrecision() {
        if (!isDefined()) {
            return OptionalDouble.empty();
        }
        double sum = 0;
        int found = 0;
        for (Sweep sweep = new Sweep(); sweep.next(); ) {
            sum += (double) (sweep.truePositives - found)
                    * sweep.truePositives
                    / ((long) sweep.truePositives + sweep.falsePositives);
            found = sweep.truePositives;
        }
        return OptionalDouble.of(sum / anomalousCount);
    }

    /**
     * The greatest F1 = 2TP / (2TP + FP + FN) that a threshold reaches.
     *
     * @param value the F1
     * @param threshold the score that reaches it (items with at least this score are called anomalous); the highest of
     *     several
     */
    public record BestF1(double value, double threshold) {}

    /**
     * Returns the greatest F1 over all distinct scores as thresholds, and its threshold.
     *
     * @return empty if it is undefined
     */
    public Optional<BestF1> bestF1() {
        if (!isDefined()) {
            return Optional.empty();
        }
        BestF1 best = new BestF1(-1, 0);
        for (Sweep sweep = new Sweep(); sweep.next(); ) {
            double f1 =
                    2.0 * sweep.truePositives / ((double) sweep.truePositives + sweep.falsePositives + anomalousCount);
            if (f1 > best.value) {
                best = new BestF1(f1, sweep.threshold);
            }
        }
        return Optional.of(best);
    }

    /**
     * A threshold's point on the ROC curve and on the precision-recall curve.
     *
     * @param falsePositiveRate share of the normal items that score at least the threshold
     * @param recall share of the anomalous items that score at least the threshold
     * @param precision share of anomalous items among all that score at least the threshold
     */
    public record CurvePoint(double falsePositiveRate, double recall, double precision) {}

    /**
     * Returns the curves for drawing, from the highest threshold to the lowest. Omits points that differ by less than
     * {@code step} in all three values from the previous one, except the first and the last. Empty if the curves are
     * undefined.
     *
     * @param step least difference of neighbouring points, of 0…1
     * @return the points
     */
    public List<CurvePoint> curve(double step) {
        List<CurvePoint> points = new ArrayList<>();
        CurvePoint drawn = null;
        CurvePoint left = null;
        if (isDefined()) {
            for (Sweep sweep = new Sweep(); sweep.next(); ) {
                CurvePoint point = new CurvePoint(
                        sweep.falsePositives / (double) normalCount,
                        sweep.truePositives / (double) anomalousCount,
                        sweep.truePositives / ((double) sweep.truePositives + sweep.falsePositives));
                if (drawn == null || differ(point, drawn) >= step) {
                    points.add(point);
                    drawn = point;
                    left = null;
                } else {
                    left = point;
                }
            }
        }
        if (left != null) {
            points.add(left);
        }
        return points;
    }

    private static double differ(CurvePoint a, CurvePoint b) {
        return Math.max(
                Math.abs(a.precision - b.precision),
                Math.max(a.recall - b.recall, a.falsePositiveRate - b.falsePositiveRate));
    }

    /** Iterates over the distinct scores, highest first, and counts the items that score at least that. */
    final class Sweep {
        double threshold;
        int truePositives;
        int falsePositives;

        boolean next() {
            int a = anomalousCount - truePositives;
            int n = normalCount - falsePositives;
            if (a == 0 && n == 0) {
                return false;
            }
            threshold = n == 0 || (a > 0 && anomalous[a - 1] >= normal[n - 1]) ? anomalous[a - 1] : normal[n - 1];
            while (a > 0 && anomalous[a - 1] == threshold) {
                a--;
            }
            while (n > 0 && normal[n - 1] == threshold) {
                n--;
            }
            truePositives = anomalousCount - a;
            falsePositives = normalCount - n;
            return true;
        }
    }

    /** Returns the least and the greatest score. */
    double[] range() {
        return new double[] {
            Math.min(anomalous[0], normal[0]), Math.max(anomalous[anomalousCount - 1], normal[normalCount - 1])
        };
    }

    /** Returns the number of anomalous items that score more than the threshold. */
    int anomalousAbove(double threshold) {
        return anomalousCount - upperBound(anomalous, anomalousCount, threshold);
    }

    /** Returns the number of normal items that score more than the threshold. */
    int normalAbove(double threshold) {
        return normalCount - upperBound(normal, normalCount, threshold);
    }

    /** Returns the index, from the lowest, of the first anomalous item with that score, which must exist. */
    int rank(double score) {
        return upperBound(anomalous, anomalousCount, Math.nextDown(score));
    }

    /** Returns the number of elements that are at most the bound. */
    private static int upperBound(double[] sorted, int count, double bound) {
        int low = 0;
        int high = count;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (sorted[middle] <= bound) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }
}
