package org.rlr.model.config;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.rlr.tensor.InvalidSettingException;

/**
 * How the scores of tokens become a map and a score of the image (RLR §9). All of it may be varied without training;
 * thresholds belong to one scoring.
 *
 * @param levels feature levels that count, ascending
 * @param weights of each of them, above 0: the map is the weighted mean of the levels' maps
 * @param smoothing standard deviation, in pixels of the map, of the Gaussian filter before the image score is taken,
 *     the maximum of the map; 0 for none
 */
public record Scoring(List<Integer> levels, List<Double> weights, double smoothing) {
    /** The published smoothing. */
    public static final double SMOOTHING = 4;

    /** More than any map is wide. */
    private static final double MOST_SMOOTHING = 1000;

    /**
     * Checks, and puts the levels in order.
     *
     * @throws InvalidSettingException if one is out of range
     */
    public Scoring {
        if (levels == null
                || weights == null
                || levels.isEmpty()
                || levels.size() != weights.size()
                || levels.stream().distinct().count() < levels.size()) {
            throw new InvalidSettingException(
                    "Scoring.levels",
                    levels,
                    "at least one level, each once, with a weight",
                    "levels " + levels + " with weights " + weights + " give no map",
                    "name one level or more, each once, as `Scoring.levels` 2,3 or 2=1,3=0.5");
        }
        for (double weight : weights) {
            if (!(weight > 0 && weight < Double.POSITIVE_INFINITY)) {
                throw new InvalidSettingException(
                        "Scoring.weights",
                        weight,
                        "above 0",
                        "`Scoring.levels` has the weight " + weight,
                        "weights must be above 0; omit a level to exclude it");
            }
        }
        InvalidSettingException.require(
                smoothing >= 0 && smoothing <= MOST_SMOOTHING,
                "smoothing",
                smoothing,
                "between 0, for none, and " + (int) MOST_SMOOTHING + " pixels");
        List<Integer> givenLevels = levels;
        List<Double> givenWeights = weights;
        int[] order = IntStream.range(0, levels.size())
                .boxed()
                .sorted(Comparator.comparing(givenLevels::get))
                .mapToInt(i -> i)
                .toArray();
        levels = IntStream.of(order).mapToObj(givenLevels::get).toList();
        weights = IntStream.of(order).mapToObj(givenWeights::get).toList();
    }

    /**
     * All levels of a model alike, and the smoothing of the published scores.
     *
     * @param config of the model
     * @return weights of 1 and a smoothing of {@link #SMOOTHING} pixels
     */
    public static Scoring published(RlrConfig config) {
        return new Scoring(config.levels(), Collections.nCopies(config.levels().size(), 1.0), SMOOTHING);
    }

    /**
     * The weight of a level; 0 where it does not count.
     *
     * @param level feature level
     * @return above 0, or 0
     */
    public double weight(int level) {
        int at = levels.indexOf(level);
        return at < 0 ? 0 : weights.get(at);
    }

    /**
     * Whether the maps are those of another scoring, so that only the image scores may differ.
     *
     * @param other the scoring to compare with
     * @return true where levels and weights are equal
     */
    public boolean sameMaps(Scoring other) {
        return levels.equals(other.levels) && weights.equals(other.weights);
    }

    /**
     * Checks that a model has the levels.
     *
     * @param config of the model
     * @return this scoring
     * @throws InvalidSettingException naming the first that it lacks
     */
    public Scoring requireLevelsOf(RlrConfig config) {
        List<Integer> missing = new ArrayList<>(levels);
        missing.removeAll(config.levels());
        if (!missing.isEmpty()) {
            throw new InvalidSettingException(
                    "Scoring.levels",
                    levels,
                    "among " + config.levels(),
                    "the model has no level " + missing.get(0) + " to score by, it has " + config.levels(),
                    "name some of those with `Scoring.levels`");
        }
        return this;
    }

    /** {@return levels and weights in short: {@code 2,3}, or {@code 2=1,3=0.5} where the weights differ} */
    public String levelText() {
        boolean alike = weights.stream().distinct().count() == 1;
        return IntStream.range(0, levels.size())
                .mapToObj(i -> levels.get(i) + (alike ? "" : "=" + number(weights.get(i))))
                .collect(Collectors.joining(","));
    }

    /**
     * A number without the zeros that it does not need.
     *
     * @param value any number
     * @return {@code 2} for 2.0, {@code 0.5} for 0.5
     */
    public static String number(double value) {
        return value == Math.rint(value) && Math.abs(value) < 1e15
                ? Long.toString((long) value)
                : Double.toString(value);
    }
}
