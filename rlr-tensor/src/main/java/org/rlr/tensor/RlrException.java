package org.rlr.tensor;

/**
 * An error that a user can cause and mend: a missing file, a malformed one, an unknown name, too little memory. The
 * message is one sentence or two that name the thing, what is wrong with it and the remedy; a command line prints it as
 * it is.
 */
public class RlrException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /**
     * An error with a message fit to be shown to a user.
     *
     * @param message the thing, what is wrong with it, and the remedy
     */
    public RlrException(String message) {
        super(message);
    }

    /**
     * An error with a message fit to be shown to a user, and what caused it.
     *
     * @param message the thing, what is wrong with it, and the remedy
     * @param cause what it follows from
     */
    public RlrException(String message, Throwable cause) {
        super(message, cause);
    }
}
