package org.rlr.model.eval;

import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;

/**
 * The metrics of one class.
 *
 * @param name the class
 * @param values the metrics that are defined
 * @param bestF1Threshold the image score at which image F1 is greatest (an image that scores at least that is called
 *     anomalous); empty where image F1 is undefined
 * @param note why some are undefined, one line; empty where none is
 * @param remarks what else is to know of the images and masks that the metrics rest on, a sentence each; usually empty
 */
public record ClassMetrics(
        String name, Map<Metric, Double> values, OptionalDouble bestF1Threshold, String note, List<String> remarks) {
    /**
     * Takes a copy of the values, which must be fractions, and of the remarks.
     *
     * @throws IllegalArgumentException if a value is not between 0 and 1
     */
    public ClassMetrics {
        values.forEach((metric, value) -> {
            if (!(value >= 0 && value <= 1)) {
                throw new IllegalArgumentException(
                        metric.key() + " of " + name + " is " + value + ", not between 0 and 1");
            }
        });
        Map<Metric, Double> copy = new EnumMap<>(Metric.class);
        copy.putAll(values);
        values = Collections.unmodifiableMap(copy);
        remarks = List.copyOf(remarks);
    }

    /**
     * Metrics without remarks.
     *
     * @param name the class
     * @param values the metrics that are defined
     * @param bestF1Threshold the image score at which image F1 is greatest; empty where it is undefined
     * @param note why some are undefined, one line; empty where none is
     * @throws IllegalArgumentException if a value is not between 0 and 1
     */
    public ClassMetrics(String name, Map<Metric, Double> values, OptionalDouble bestF1Threshold, String note) {
        this(name, values, bestF1Threshold, note, List.of());
    }

    /**
     * A metric, or empty where it is undefined for this class.
     *
     * @param metric which
     * @return a fraction, or empty
     */
    public OptionalDouble get(Metric metric) {
        Double value = values.get(metric);
        return value == null ? OptionalDouble.empty() : OptionalDouble.of(value);
    }
}
