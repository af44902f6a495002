package org.rlr.tensor;

import org.jspecify.annotations.Nullable;

/** A computation ended early because its caller asked for it or its thread was interrupted. */
public final class CancelledException extends RlrException {
    private static final long serialVersionUID = 1L;

    /**
     * A computation that was cancelled.
     *
     * @param message the computation and its progress
     * @param remedy how to resume it; empty if it cannot be resumed
     * @param cause the interrupt that caused it, if any
     */
    public CancelledException(String message, String remedy, @Nullable Throwable cause) {
        super(message, remedy, cause);
    }

    /**
     * Throws if the current thread was interrupted; the interrupt status stays set.
     *
     * @param what the computation, for example {@code reading images}
     * @throws CancelledException if the thread was interrupted
     */
    public static void throwIfInterrupted(String what) {
        if (Thread.currentThread().isInterrupted()) {
            throw new CancelledException("interrupted while " + what, "", null);
        }
    }
}
