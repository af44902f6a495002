package org.rlr.tensor.io;

import org.jspecify.annotations.Nullable;
import org.rlr.tensor.RlrException;

/** A tensor file cannot be read or lacks the requested tensors. */
public final class TensorFileException extends RlrException {
    private static final long serialVersionUID = 1L;

    /** The kind of fault. */
    public enum Reason {
        /** The file is missing or unreadable. */
        UNREADABLE,
        /** The file has another format. */
        OTHER_FORMAT,
        /** The contents violate the format, for example because the file is truncated. */
        DAMAGED,
        /** The contents are of an unsupported kind, such as code in a pickle. */
        UNSUPPORTED,
        /** The file is valid but lacks the requested tensors. */
        OTHER_TENSORS
    }

    private final Reason reason;

    /**
     * An unusable file.
     *
     * @param reason the kind of fault
     * @param message the file and its fault
     * @param remedy how to fix it; empty if the message implies it
     * @param cause the exception that caused it, if any
     */
    public TensorFileException(Reason reason, String message, String remedy, @Nullable Throwable cause) {
        super(message, remedy, cause);
        this.reason = reason;
    }

    /** {@return the kind of fault} */
    public Reason reason() {
        return reason;
    }
}
