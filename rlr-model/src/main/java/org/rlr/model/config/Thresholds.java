package org.rlr.model.config;

import java.util.Collections;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.rlr.tensor.InvalidSettingException;

/**
 * A model's thresholds.
 *
 * @param common for images whose class is neither said nor recognised, and for classes without their own
 * @param perClass by class, as training leaves them or as they were asked for; may be empty
 */
public record Thresholds(Threshold common, Map<String, Threshold> perClass) {
    /** Of fewer images, mean and deviation say little. */
    private static final int ENOUGH = 10;

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
     * The thresholds that training leaves behind: the mean and three standard deviations of the training images'
     * scores, of all together and of each class of at least ten images.
     *
     * @param common scores of all training images
     * @param perClass those of the images of a class, by class; empty for a common threshold only
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
