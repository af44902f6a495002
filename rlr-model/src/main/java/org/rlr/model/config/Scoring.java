package org.rlr.model.config;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.rlr.tensor.InvalidSettingException;

/**
 * How token scores are combined into a map and an image score (RLR §9). You can change it without training, but
 * thresholds are valid for one scoring only.
 *
 * @param levels feature levels to use, ascending
 * @param weights weight of each level, above 0: the map is the weighted mean of the levels' maps
 * @param smoothing standard deviation, in map pixels, of the Gaussian filter that is applied before taking the map's
 *     maximum as the image score; 0 for none
 */
public record Scoring(List<Integer> levels, List<Double> weights, double smoothing) {
    /** The published smoothing. */
    public static final double SMOOTHING = 4;

    /** Larger than any map. */
    private static final double MOST_SMOOTHING = 1000;

    /**
     * Checks the values and sorts the levels.
     *
     * @throws InvalidSettingException if a value is out of range
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
                    "levels " + levels + " with weights " + weights + " are empty, repeated or of different number",
                    "name one or more levels, each once, such as `Scoring.levels` 2,3 or 2=1,3=0.5");
        }
        for (double weight : weights) {
            if (!(weight > 0 && weight < Double.POSITIVE_INFINITY)) {
                throw new InvalidSettingException(
                        "Scoring.weights",
                        weight,
                        "above 0",
                        "`Scoring.levels` has the weight " + weight + ", which is not above 0",
                        "give a weight above 0; omit a level to exclude it");
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
     * Returns equal weights for all levels of a model, with the published smoothing.
     *
     * @param config configuration of the model
     * @return weights of 1 and a smoothing of {@link #SMOOTHING} pixels
     */
    public static Scoring published(RlrConfig config) {
        return new Scoring(config.levels(), Collections.nCopies(config.levels().size(), 1.0), SMOOTHING);
    }

    /**
     * Returns the weight of a level; 0 if it is not used.
     *
     * @param level feature level
     * @return above 0, or 0
     */
    public double weight(int level) {
        int at = levels.indexOf(level);
        return at < 0 ? 0 : weights.get(at);
    }

    /**
     * Whether another scoring gives the same maps, so that only image scores can differ.
     *
     * @param other the scoring to compare with
     * @return true if levels and weights are equal
     */
    public boolean sameMaps(Scoring other) {
        return levels.equals(other.levels) && weights.equals(other.weights);
    }

    /**
     * Checks that a model has the levels.
     *
     * @param config configuration of the model
     * @return this scoring
     * @throws InvalidSettingException naming the first missing level
     */
    public Scoring requireLevelsOf(RlrConfig config) {
        List<Integer> missing = new ArrayList<>(levels);
        missing.removeAll(config.levels());
        if (!missing.isEmpty()) {
            throw new InvalidSettingException(
                    "Scoring.levels",
                    levels,
                    "among " + config.levels(),
                    "the model has no level " + missing.get(0) + " to score by; it has " + config.levels(),
                    "choose `Scoring.levels` from those");
        }
        return this;
    }

    /** {@return levels and weights in short: {@code 2,3}, or {@code 2=1,3=0.5} if the weights differ} */
    public String levelText() {
        boolean alike = weights.stream().distinct().count() == 1;
        return IntStream.range(0, levels.size())
                .mapToObj(i -> levels.get(i) + (alike ? "" : "=" + number(weights.get(i))))
                .collect(Collectors.joining(","));
    }

    /**
     * Formats a number without trailing zeros.
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
