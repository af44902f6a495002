package org.rlr.model.config;

/** Checks of what a model file says about itself. */
final class Numbers {
    private Numbers() {}

    /**
     * Checks a number that no user sets.
     *
     * @throws IllegalArgumentException naming it, if it is not usable
     */
    static void requireUsable(boolean condition, String name, Object value) {
        if (!condition) {
            throw new IllegalArgumentException(name + " is " + value);
        }
    }
}
