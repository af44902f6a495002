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
 * @param keptBytes most bytes of the Java heap that are kept for reuse when tensors are closed, so that the next call
 *     need not allocate them; 0 to keep none. The JVM takes them back where it would run out of memory otherwise. The
 *     default is a quarter of the heap's largest size. A card's memory is kept up to its size.
 */
public record BackendSettings(int threads, String precision, long keptBytes) {
    /** The precision that leaves the choice to the backend. */
    public static final String AUTO = "auto";

    private static final int MAX_THREADS = 1024;

    /** As many threads as there are cores, the backend's default precision, and a quarter of the heap to be kept. */
    public static final BackendSettings DEFAULTS =
            new BackendSettings(0, AUTO, Runtime.getRuntime().maxMemory() / 4);

    /** The defaults of a program that does nothing else: all of the heap may be kept for reuse. */
    public static final BackendSettings WHOLE_HEAP =
            DEFAULTS.withKeptBytes(Runtime.getRuntime().maxMemory());

    /**
     * Checks the numbers; which precisions there are only a backend knows.
     *
     * @throws InvalidSettingException if there are too many threads, fewer than none, or fewer bytes than none
     */
    public BackendSettings {
        InvalidSettingException.require(
                threads >= 0 && threads <= MAX_THREADS,
                "threads",
                threads,
                "between 1 and " + MAX_THREADS + ", or 0 for as many as there are cores");
        InvalidSettingException.require(keptBytes >= 0, "keptBytes", keptBytes, "at least 0");
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
        return new BackendSettings(number, precision, keptBytes);
    }

    /**
     * These settings with another precision.
     *
     * @param name one that the backend offers, or {@code "auto"}
     * @return a copy
     */
    public BackendSettings withPrecision(String name) {
        return new BackendSettings(threads, name, keptBytes);
    }

    /**
     * These settings with another limit of what is kept.
     *
     * @param bytes most bytes of the Java heap kept for reuse; 0 to keep none
     * @return a copy
     * @throws InvalidSettingException if it is negative
     */
    public BackendSettings withKeptBytes(long bytes) {
        return new BackendSettings(threads, precision, bytes);
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
