package org.rlr.tensor;

/**
 * An error that a user can cause and mend: a missing or malformed file, an unknown name, a setting out of range, too
 * little memory. {@link #getMessage} names the thing, its value and what is wrong with it; {@link #remedy} says what to
 * do. Both write the names of settings and of methods in backticks, as in {@code lower `batchSize`}, so that a program
 * can put its own names there.
 */
public class RlrException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final String remedy;

    /**
     * An error whose remedy follows from the message.
     *
     * @param message the thing, its value and what is wrong with it
     */
    public RlrException(String message) {
        this(message, "", null);
    }

    /**
     * An error whose remedy follows from the message, and its cause.
     *
     * @param message the thing, its value and what is wrong with it
     * @param cause the exception behind it
     */
    public RlrException(String message, Throwable cause) {
        this(message, "", cause);
    }

    /**
     * An error with its remedy.
     *
     * @param message the thing, its value and what is wrong with it
     * @param remedy what to do, as the end of a sentence: {@code lower `batchSize`}; empty if the message says it
     */
    public RlrException(String message, String remedy) {
        this(message, remedy, null);
    }

    /**
     * An error with its remedy and its cause.
     *
     * @param message the thing, its value and what is wrong with it
     * @param remedy what to do, as the end of a sentence: {@code lower `batchSize`}; empty if the message says it
     * @param cause the exception behind it, or null
     */
    public RlrException(String message, String remedy, Throwable cause) {
        super(message, cause);
        this.remedy = remedy;
    }

    /** {@return what to do, as the end of a sentence; empty if the message says it} */
    public final String remedy() {
        return remedy;
    }

    /** {@return message and remedy in one line, for a log} */
    public final String explanation() {
        return remedy.isEmpty() ? getMessage() : getMessage() + "; " + remedy;
    }
}
