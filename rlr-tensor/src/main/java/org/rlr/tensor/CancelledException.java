package org.rlr.tensor;

/** A computation ended early because its caller asked for it or its thread was interrupted. */
public final class CancelledException extends RlrException {
    private static final long serialVersionUID = 1L;

    /**
     * A computation that was cancelled.
     *
     * @param message the computation, and how far it came
     * @param remedy how to resume it; empty where it cannot be resumed
     * @param cause the interrupt behind it, or null
     */
    public CancelledException(String message, String remedy, Throwable cause) {
        super(message, remedy, cause);
    }
}
