package org.rlr.tensor.backend;

import java.util.List;
import java.util.Objects;
import org.rlr.tensor.InvalidSettingException;

/**
 * Settings of a backend, derived from the defaults: {@code BackendSettings.DEFAULTS.withThreads(4)}.
 *
 * @param threads host threads, including the caller, that compute on the CPU backend and run {@link Backend#onHost} on
 *     any backend; 0 for one per core. Results are bit-identical for any number.
 * @param precision the format that factors of matrix products, convolutions and attention are rounded to:
 *     {@code "fp32"} (no rounding) on every backend, {@code "tf32"} and {@code "bf16"} on most GPUs; {@code "auto"} for
 *     the backend's default
 * @param keptBytes maximum bytes of the Java heap that are cached for reuse when tensors are closed, to avoid new
 *     allocations; 0 caches none. The JVM reclaims them before it runs out of memory. The default is a quarter of the
 *     maximum heap size. GPU memory is cached without limit.
 */
public record BackendSettings(int threads, String precision, long keptBytes) {
    /** The precision setting that selects the backend's default. */
    public static final String AUTO = "auto";

    private static final int MAX_THREADS = 1024;

    /** One thread per core, the backend's default precision, and a cache of up to a quarter of the heap. */
    public static final BackendSettings DEFAULTS =
            new BackendSettings(0, AUTO, Runtime.getRuntime().maxMemory() / 4);

    /** The defaults for a program without other work: the cache may use the whole heap. */
    public static final BackendSettings WHOLE_HEAP =
            DEFAULTS.withKeptBytes(Runtime.getRuntime().maxMemory());

    /**
     * Checks the numbers; the backend checks the precision.
     *
     * @throws InvalidSettingException if the number of threads or bytes is negative, or there are too many threads
     */
    public BackendSettings {
        InvalidSettingException.require(
                threads >= 0 && threads <= MAX_THREADS,
                "threads",
                threads,
                "between 1 and " + MAX_THREADS + ", or 0 for one per core");
        InvalidSettingException.require(keptBytes >= 0, "keptBytes", keptBytes, "at least 0");
        Objects.requireNonNull(precision);
    }

    /**
     * Returns these settings with another number of threads.
     *
     * @param number host threads; 0 for one per core
     * @return a copy
     * @throws InvalidSettingException if it is out of range
     */
    public BackendSettings withThreads(int number) {
        return new BackendSettings(number, precision, keptBytes);
    }

    /**
     * Returns these settings with another precision.
     *
     * @param name a precision that the backend offers, or {@code "auto"}
     * @return a copy
     */
    public BackendSettings withPrecision(String name) {
        return new BackendSettings(threads, name, keptBytes);
    }

    /**
     * Returns these settings with another cache limit.
     *
     * @param bytes maximum bytes of the Java heap cached for reuse; 0 caches none
     * @return a copy
     * @throws InvalidSettingException if it is negative
     */
    public BackendSettings withKeptBytes(long bytes) {
        return new BackendSettings(threads, precision, bytes);
    }

    /**
     * Chooses the precision of a backend; called by its provider.
     *
     * @param backend the backend's name, for the message
     * @param offered the names of the backend's precisions
     * @param usual the backend's default
     * @return one of {@code offered}
     * @throws InvalidSettingException if the backend does not offer the precision; the message names those it offers
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
