package org.rlr.model.config;

/** Helpers for message texts. */
public final class Texts {
    private Texts() {}

    /**
     * Formats a count: {@code 1 epoch}, {@code 2 epochs}, {@code 3 classes}.
     *
     * @param number the count
     * @param thing the noun in the singular
     * @return number and noun
     */
    public static String count(long number, String thing) {
        return number + " " + thing + (number == 1 ? "" : thing.endsWith("s") ? "es" : "s");
    }
}
