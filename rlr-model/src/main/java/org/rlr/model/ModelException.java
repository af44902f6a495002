package org.rlr.model;

import org.rlr.tensor.RlrException;

/** A file cannot be used as the model, decoder, checkpoint or training state that it was given as. */
public final class ModelException extends RlrException {
    private static final long serialVersionUID = 1L;

    /** The kind of fault. */
    public enum Reason {
        /** The file is something else. */
        NOT_A_MODEL,
        /** The file was such a file, but its contents are broken or incomplete. */
        DAMAGED,
        /** Another version of this program wrote the file in a format that this one does not read. */
        OTHER_VERSION,
        /** The file is whole, but does not fit what it is used with. */
        DOES_NOT_FIT
    }

    private final Reason reason;

    /**
     * A file that cannot be used.
     *
     * @param reason the kind of fault
     * @param message the file and its fault
     * @param remedy what to do
     * @param cause the exception behind it, or null
     */
    public ModelException(Reason reason, String message, String remedy, Throwable cause) {
        super(message, remedy, cause);
        this.reason = reason;
    }

    /** {@return the kind of fault} */
    public Reason reason() {
        return reason;
    }
}
