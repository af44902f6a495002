package org.rlr.model.config;

import java.util.Collections;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.rlr.tensor.InvalidSettingException;

/**
 * A model's thresholds.
 *
 * @param common for images whose class is not said, and for classes without their own
 * @param perClass by class, where they were asked for; else empty
 */
public record Thresholds(Threshold common, Map<String, Threshold> perClass) {
    /**
     * Takes a copy.
     *
     * @throws NullPointerException if there is no common threshold
     */
    public Thresholds {
        Objects.requireNonNull(common, "the common threshold is missing");
        // the parser leaves null what a file lacks
        perClass = perClass == null ? Map.of() : Collections.unmodifiableMap(new TreeMap<>(perClass));
    }

    /**
     * The threshold of a class, which is the common one where it has none of its own.
     *
     * @param className any name, also an unknown one
     * @return the class's own or the common threshold
     */
    public Threshold of(String className) {
        return perClass.getOrDefault(className, common);
    }

    /**
     * A class's own threshold.
     *
     * @param className a product class
     * @return its own threshold
     * @throws InvalidSettingException if it has none, naming those that have
     */
    public Threshold ownOf(String className) {
        Threshold own = perClass.get(className);
        if (own == null) {
            throw new InvalidSettingException(
                    "className",
                    className,
                    "one of " + perClass.keySet(),
                    "the model has no threshold of its own for class '" + className + "'",
                    perClass.isEmpty()
                            ? "it has a common one only, `Thresholding.withClasses` adds others"
                            : "it has them for " + String.join(", ", perClass.keySet()));
        }
        return own;
    }
}
