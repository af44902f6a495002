package org.rlr.tensor;

import org.jspecify.annotations.Nullable;

/** A computation ended early because its caller asked for it or its thread was interrupted. */
public final class CancelledException extends RlrException {
    private static final long serialVersionUID = 1L;

    /**
     * A computation that was cancelled.
     *
     * @param message the computation, and how far it came
     * @param remedy how to resume it; empty where it cannot be resumed
     * @param cause the interrupt behind it, if there is one
     */
    public CancelledException(String message, String remedy, @Nullable Throwable cause) {
        super(message, remedy, cause);
    }

    /**
     * Ends a computation whose thread was interrupted; the interrupt status stays set.
     *
     * @param what the computation, as {@code reading images}
     * @throws CancelledException if it was
     */
    public static void throwIfInterrupted(String what) {
        if (Thread.currentThread().isInterrupted()) {
            throw new CancelledException("interrupted while " + what, "", null);
        }
    }
}
