package org.rlr.cuda.driver;

/** Thrown when a capture contains work of the host, which a graph cannot repeat. */
public final class NotCapturableException extends IllegalStateException {
    private static final long serialVersionUID = 1L;

    NotCapturableException(String what) {
        super(what + " cannot be part of a graph");
    }
}
