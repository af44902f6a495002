package org.rlr.model.config;

/** Checks of values in a model file's description. */
final class Numbers {
    private Numbers() {}

    /**
     * Checks a number that users do not set.
     *
     * @throws IllegalArgumentException with its name if the condition is false
     */
    static void requireUsable(boolean condition, String name, Object value) {
        if (!condition) {
            throw new IllegalArgumentException(name + " is " + value);
        }
    }
}
