package org.rlr.model.config;

/** Words of messages. */
public final class Texts {
    private Texts() {}

    /**
     * A number of things: {@code 1 epoch}, {@code 2 epochs}, {@code 3 classes}.
     *
     * @param number how many
     * @param thing one of them
     * @return number and noun
     */
    public static String count(long number, String thing) {
        return number + " " + thing + (number == 1 ? "" : thing.endsWith("s") ? "es" : "s");
    }
}
