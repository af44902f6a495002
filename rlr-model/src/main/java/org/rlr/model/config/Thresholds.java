package org.rlr.model.config;

import java.util.Collections;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.rlr.tensor.InvalidSettingException;

/**
 * A model's thresholds.
 *
 * @param common for images of an unknown class and for classes without their own threshold
 * @param perClass by class, from training or from the user; may be empty
 */
public record Thresholds(Threshold common, Map<String, Threshold> perClass) {
    /** With fewer images, mean and deviation are unreliable. */
    private static final int ENOUGH = 10;

    /**
     * Copies the map.
     *
     * @throws NullPointerException if there is no common threshold
     */
    public Thresholds {
        Objects.requireNonNull(common, "the common threshold is missing");
        // the parser sets null for a component that the file lacks
        perClass = perClass == null ? Map.of() : Collections.unmodifiableMap(new TreeMap<>(perClass));
    }

    /**
     * Returns the thresholds after training: mean plus three standard deviations of the training images' scores, for
     * all images together and for each class with at least ten images.
     *
     * @param common scores of all training images
     * @param perClass scores by class; empty for a common threshold only
     * @return the thresholds
     */
    public static Thresholds ofTraining(ScoreStatistics common, Map<String, ScoreStatistics> perClass) {
        Map<String, Threshold> own = new TreeMap<>();
        perClass.forEach((name, scores) -> {
            if (scores.images() >= ENOUGH) {
                own.put(name, Threshold.ofTraining(scores));
            }
        });
        return new Thresholds(Threshold.ofTraining(common), own);
    }

    /**
     * Returns the threshold of a class, or the common one if the class has none.
     *
     * @param className any name, even an unknown one
     * @return the class's own or the common threshold
     */
    public Threshold of(String className) {
        return perClass.getOrDefault(className, common);
    }

    /**
     * Returns a class's own threshold.
     *
     * @param className a product class
     * @return its own threshold
     * @throws InvalidSettingException if it has none, listing the classes that have one
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
                            ? "it has only a common one: omit the class, or add thresholds of classes with "
                                    + "`Thresholding.withClasses`"
                            : "classes with a threshold: " + String.join(", ", perClass.keySet()));
        }
        return own;
    }
}
