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
 * @param bestF1Threshold the image score with the greatest image F1 (images with at least this score are called
 *     anomalous); empty if image F1 is undefined
 * @param note the reason for undefined metrics, one line; empty if all are defined
 * @param remarks remarks on the images and masks behind the metrics, a sentence each; usually empty
 */
public record ClassMetrics(
        String name, Map<Metric, Double> values, OptionalDouble bestF1Threshold, String note, List<String> remarks) {
    /**
     * Copies the values, which must be fractions, and the remarks.
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
     * Creates metrics without remarks.
     *
     * @param name the class
     * @param values the metrics that are defined
     * @param bestF1Threshold the image score with the greatest image F1; empty if image F1 is undefined
     * @param note the reason for undefined metrics, one line; empty if all are defined
     * @throws IllegalArgumentException if a value is not between 0 and 1
     */
    public ClassMetrics(String name, Map<Metric, Double> values, OptionalDouble bestF1Threshold, String note) {
        this(name, values, bestF1Threshold, note, List.of());
    }

    /**
     * Returns a metric, or empty if it is undefined for this class.
     *
     * @param metric the metric
     * @return a fraction, or empty
     */
    public OptionalDouble get(Metric metric) {
        Double value = values.get(metric);
        return value == null ? OptionalDouble.empty() : OptionalDouble.of(value);
    }
}
