package org.rlr.model.report;

/** Numbers of things, as sentences have them. */
public final class Counts {
    private Counts() {}

    /**
     * A number of classes in words.
     *
     * @param number of classes
     * @return {@code 1 class}, {@code 2 classes}
     */
    public static String classes(int number) {
        return number + (number == 1 ? " class" : " classes");
    }
}
