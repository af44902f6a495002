package org.rlr.model.config;

import java.util.List;

/**
 * The classes that a model recognises.
 *
 * @param classes their names
 * @param limits of each, how far an image of it may be from the training images
 */
public record ProductLimits(List<String> classes, List<Double> limits) {
    /**
     * Takes copies.
     *
     * @throws IllegalArgumentException if there are more of one than of the other
     */
    public ProductLimits {
        // the parser leaves null what a file lacks, and refuses it then
        classes = classes == null ? null : List.copyOf(classes);
        limits = limits == null ? null : List.copyOf(limits);
        if (classes != null && limits != null && classes.size() != limits.size()) {
            throw new IllegalArgumentException(limits.size() + " limits of " + classes.size() + " classes");
        }
    }
}
