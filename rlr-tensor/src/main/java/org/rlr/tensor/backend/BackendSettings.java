package org.rlr.tensor.backend;

import java.util.List;
import java.util.Objects;
import org.rlr.tensor.InvalidSettingException;

/**
 * Settings of a backend, made of the defaults: {@code BackendSettings.DEFAULTS.withThreads(4)}.
 *
 * @param threads threads of the host, the calling one included, that compute on the CPU backend and that run
 *     {@link Backend#onHost} on any backend; 0 for as many as there are cores. The results are the same bits for any
 *     number.
 * @param precision the format that factors of matrix products, convolutions and attention are rounded to, by a name
 *     that the backend offers: {@code "fp32"} (no rounding) on every backend, {@code "tf32"} and {@code "bf16"} on most
 *     cards; {@code "auto"} for the backend's default
 */
public record BackendSettings(int threads, String precision) {
    /** The precision that leaves the choice to the backend. */
    public static final String AUTO = "auto";

    private static final int MAX_THREADS = 1024;

    /** As many threads as there are cores and the backend's default precision. */
    public static final BackendSettings DEFAULTS = new BackendSettings(0, AUTO);

    /**
     * Checks the number of threads; which precisions there are only a backend knows.
     *
     * @throws InvalidSettingException if there are too many threads, or fewer than none
     */
    public BackendSettings {
        InvalidSettingException.require(
                threads >= 0 && threads <= MAX_THREADS,
                "threads",
                threads,
                "between 1 and " + MAX_THREADS + ", or 0 for as many as there are cores");
        Objects.requireNonNull(precision);
    }

    /**
     * These settings with another number of threads.
     *
     * @param number threads of the host; 0 for as many as there are cores
     * @return a copy
     * @throws InvalidSettingException if it is out of range
     */
    public BackendSettings withThreads(int number) {
        return new BackendSettings(number, precision);
    }

    /**
     * These settings with another precision.
     *
     * @param name one that the backend offers, or {@code "auto"}
     * @return a copy
     */
    public BackendSettings withPrecision(String name) {
        return new BackendSettings(threads, name);
    }

    /**
     * The precision that a backend is to compute in; called by its provider.
     *
     * @param backend its name, for the message
     * @param offered the names of its precisions
     * @param usual the one it takes where the settings leave the choice to it
     * @return one of {@code offered}
     * @throws InvalidSettingException if it does not offer the precision that is set, naming those it offers
     */
    public String choosePrecision(String backend, List<String> offered, String usual) {
        if (precision.equals(AUTO)) {
            return usual;
        }
        if (!offered.contains(precision)) {
            String names = String.join(", ", offered).replaceFirst(", ([^,]*)$", " or $1");
            throw new InvalidSettingException(
                    "precision",
                    precision,
                    names,
                    "`precision` is " + precision + ", which the backend " + backend + " does not offer",
                    "use " + names + ", or another `backend`");
        }
        return precision;
    }
}
