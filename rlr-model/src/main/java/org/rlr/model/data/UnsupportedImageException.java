package org.rlr.model.data;

/** A picture that is whole but of a kind that is not read. */
final class UnsupportedImageException extends IllegalArgumentException {
    private static final long serialVersionUID = 1L;

    UnsupportedImageException(String message) {
        super(message);
    }
}
