package org.rlr.model.features;

import org.jspecify.annotations.Nullable;

/**
 * The recognised product class of an image.
 *
 * @param nearest the most similar class
 * @param distance distance from that class, see {@link ProductRecognizer}
 * @param limit largest distance of an image of that class
 */
public record Recognition(String nearest, double distance, double limit) {
    /** {@return whether the image belongs to one of the training classes} */
    public boolean known() {
        return distance <= limit;
    }

    /** {@return the class; null for an unknown product} */
    public @Nullable String className() {
        return known() ? nearest : null;
    }
}
