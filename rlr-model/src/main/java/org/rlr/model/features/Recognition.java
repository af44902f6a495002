package org.rlr.model.features;

import org.jspecify.annotations.Nullable;

/**
 * The product class that an image was recognised as.
 *
 * @param nearest the class it is most like
 * @param distance from that class, as {@link ProductRecognizer} measures it
 * @param limit the greatest distance of an image of that class
 */
public record Recognition(String nearest, double distance, double limit) {
    /** {@return whether the image is of a class that the model was trained on} */
    public boolean known() {
        return distance <= limit;
    }

    /** {@return the class; null for an unknown product} */
    public @Nullable String className() {
        return known() ? nearest : null;
    }
}
