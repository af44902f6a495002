package org.rlr.tensor.io;

import org.jspecify.annotations.Nullable;
import org.rlr.tensor.RlrException;

/** A file of tensors cannot be read, or does not hold the tensors that are asked for. */
public final class TensorFileException extends RlrException {
    private static final long serialVersionUID = 1L;

    /** The kind of fault. */
    public enum Reason {
        /** The file is missing, or the system does not let it be read. */
        UNREADABLE,
        /** The file is of another format. */
        OTHER_FORMAT,
        /** The file's contents break the rules of its format, as those of a file that was cut short. */
        DAMAGED,
        /** The file's contents are of a kind that is not read, such as code in a pickle. */
        UNSUPPORTED,
        /** The file is whole, but holds other tensors than those that are asked for. */
        OTHER_TENSORS
    }

    private final Reason reason;

    /**
     * A file that cannot be used.
     *
     * @param reason the kind of fault
     * @param message the file and its fault
     * @param remedy what to do; empty if the message says it
     * @param cause the exception behind it, if there is one
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
