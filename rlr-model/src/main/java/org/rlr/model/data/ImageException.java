package org.rlr.model.data;

import org.jspecify.annotations.Nullable;
import org.rlr.tensor.RlrException;

/** An image cannot be read. */
public final class ImageException extends RlrException {
    private static final long serialVersionUID = 1L;

    /** The kind of fault. */
    public enum Reason {
        /** The file is missing or cannot be opened. */
        UNREADABLE,
        /** The file has no bytes. */
        EMPTY,
        /** The bytes are not in a known image format. */
        NOT_AN_IMAGE,
        /** The image is truncated or its data are inconsistent. */
        DAMAGED,
        /** The image has too many pixels. */
        TOO_LARGE,
        /** The format, or this variant of it, is not supported. */
        UNSUPPORTED
    }

    private final Reason reason;

    /**
     * Creates an exception for an image that cannot be read.
     *
     * @param reason the kind of fault
     * @param message the image and its fault
     * @param remedy the action to take
     * @param cause the exception behind it, or null
     */
    public ImageException(Reason reason, String message, String remedy, @Nullable Throwable cause) {
        super(message, remedy, cause);
        this.reason = reason;
    }

    /**
     * Creates an exception for an image of an unsupported kind.
     *
     * @param message the image and its kind
     * @return the exception with {@link Reason#UNSUPPORTED} and a remedy
     */
    static ImageException unsupported(String message) {
        return new ImageException(Reason.UNSUPPORTED, message, "convert it to an 8-bit PNG", null);
    }

    /** {@return the kind of fault} */
    public Reason reason() {
        return reason;
    }
}
