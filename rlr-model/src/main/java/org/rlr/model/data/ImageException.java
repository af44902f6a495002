package org.rlr.model.data;

import org.jspecify.annotations.Nullable;
import org.rlr.tensor.RlrException;

/** An image cannot be read. */
public final class ImageException extends RlrException {
    private static final long serialVersionUID = 1L;

    /** The kind of fault. */
    public enum Reason {
        /** The file is missing, or the system does not let it be read. */
        UNREADABLE,
        /** There are no bytes. */
        EMPTY,
        /** The bytes are of no image format. */
        NOT_AN_IMAGE,
        /** The image is cut off or its data contradict each other. */
        DAMAGED,
        /** The image has more pixels than can be held. */
        TOO_LARGE,
        /** The format, or this variant of it, is not read. */
        UNSUPPORTED
    }

    private final Reason reason;

    /**
     * An image that cannot be read.
     *
     * @param reason the kind of fault
     * @param message the image and its fault
     * @param remedy what to do
     * @param cause the exception behind it, or null
     */
    public ImageException(Reason reason, String message, String remedy, @Nullable Throwable cause) {
        super(message, remedy, cause);
        this.reason = reason;
    }

    /**
     * An image of a kind that is not read.
     *
     * @param message the image and its kind
     * @return reason {@link Reason#UNSUPPORTED}, with the remedy
     */
    static ImageException unsupported(String message) {
        return new ImageException(Reason.UNSUPPORTED, message, "convert it to an 8-bit PNG", null);
    }

    /** {@return the kind of fault} */
    public Reason reason() {
        return reason;
    }
}
