package org.rlr.tensor;

import org.jspecify.annotations.Nullable;

/**
 * An error that a user can cause and mend: a missing or malformed file, an unknown name, a setting out of range, too
 * little memory. {@link #getMessage} names the thing, its value and what is wrong with it; {@link #remedy} says what to
 * do. Both write the names of settings and of methods in backticks, as in {@code lower `batchSize`}, so that a program
 * can put its own names there.
 */
public class RlrException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private String context = "";
    private String remedy;

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
     * @param cause the exception behind it, if there is one
     */
    public RlrException(String message, String remedy, @Nullable Throwable cause) {
        super(message, cause);
        this.remedy = remedy;
    }

    /**
     * Says where it happened, for a caller that does a thing several times.
     *
     * @param where a file, a class or another name, with which the message then begins: {@code class screw: …}
     * @return this error
     */
    public final RlrException at(Object where) {
        context = where + ": " + context;
        return this;
    }

    /**
     * Adds to the remedy, for a caller that knows more.
     *
     * @param more what else to do, as the end of a sentence
     * @return this error
     */
    public final RlrException andRemedy(String more) {
        remedy = remedy.isEmpty() ? more : remedy + "; " + more;
        return this;
    }

    /** {@return the thing, its value and what is wrong with it} */
    @Override
    public final String getMessage() {
        return context + super.getMessage();
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
