package org.rlr.model;

import org.jspecify.annotations.Nullable;
import org.rlr.tensor.RlrException;
import org.rlr.tensor.io.TensorFileException;

/** A file cannot be used as a model, decoder, checkpoint or training state. */
public final class ModelException extends RlrException {
    private static final long serialVersionUID = 1L;

    /** The kind of fault. */
    public enum Reason {
        /** The file is of another kind. */
        NOT_A_MODEL,
        /** The file is of the right kind, but its contents are broken or incomplete. */
        DAMAGED,
        /** The file has the format of another version of this program, which this version cannot read. */
        OTHER_VERSION,
        /** The file is intact, but does not fit the model or data that it is used with. */
        DOES_NOT_FIT
    }

    private final Reason reason;

    /**
     * Creates the exception.
     *
     * @param reason the kind of fault
     * @param message the file and the fault
     * @param remedy what to do
     * @param cause the underlying exception, or null
     */
    public ModelException(Reason reason, String message, String remedy, @Nullable Throwable cause) {
        super(message, remedy, cause);
        this.reason = reason;
    }

    /**
     * Converts an error in a file's tensors.
     *
     * @param e the error from reading the tensors
     * @return an error with the same message and remedy; {@code e} itself if the file cannot be read at all
     */
    public static RlrException of(TensorFileException e) {
        return switch (e.reason()) {
            case UNREADABLE -> e;
            case OTHER_FORMAT, UNSUPPORTED -> new ModelException(Reason.NOT_A_MODEL, e.getMessage(), e.remedy(), e);
            case DAMAGED -> new ModelException(Reason.DAMAGED, e.getMessage(), e.remedy(), e);
            case OTHER_TENSORS -> new ModelException(Reason.DOES_NOT_FIT, e.getMessage(), e.remedy(), e);
        };
    }

    /** {@return the kind of fault} */
    public Reason reason() {
        return reason;
    }
}
