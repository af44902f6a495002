package org.rlr.model;

import org.jspecify.annotations.Nullable;
import org.rlr.tensor.RlrException;
import org.rlr.tensor.io.TensorFileException;

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
    public ModelException(Reason reason, String message, String remedy, @Nullable Throwable cause) {
        super(message, remedy, cause);
        this.reason = reason;
    }

    /**
     * A file that cannot be used because of what is wrong with its tensors.
     *
     * @param e what reading the tensors threw
     * @return the error with the same message and remedy; {@code e} itself if the file cannot be read at all
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
