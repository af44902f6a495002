package org.rlr.cuda.driver;

/** Something was to be captured into a graph that concerns the host and happens once, not whenever the graph runs. */
public final class NotCapturableException extends IllegalStateException {
    private static final long serialVersionUID = 1L;

    NotCapturableException(String what) {
        super(what + " cannot be part of a graph");
    }
}
