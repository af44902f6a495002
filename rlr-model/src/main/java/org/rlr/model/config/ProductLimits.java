package org.rlr.model.config;

import java.util.List;

/**
 * The classes that a model recognises.
 *
 * @param classes their names
 * @param limits per class, the largest distance from the training images at which an image is recognised
 */
public record ProductLimits(List<String> classes, List<Double> limits) {
    /**
     * Copies the lists.
     *
     * @throws IllegalArgumentException if the lists differ in length
     */
    public ProductLimits {
        // the parser sets null for a component that the file lacks, and rejects it then
        classes = classes == null ? null : List.copyOf(classes);
        limits = limits == null ? null : List.copyOf(limits);
        if (classes != null && limits != null && classes.size() != limits.size()) {
            throw new IllegalArgumentException(limits.size() + " limits for " + classes.size() + " classes");
        }
    }
}
