package org.rlr.tensor;

import org.jspecify.annotations.Nullable;

/**
 * An error that a user can cause and fix: a missing or malformed file, an unknown name, a setting out of range, too
 * little memory. {@link #getMessage} states the object, its value and the problem; {@link #remedy} tells the user how
 * to fix it. Both put the names of settings and methods in backticks, as in {@code lower `batchSize`}, so that a
 * program can substitute its own names.
 */
public class RlrException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private String context = "";
    private String remedy;

    /**
     * An error whose message implies the remedy.
     *
     * @param message the object, its value and the problem
     */
    public RlrException(String message) {
        this(message, "", null);
    }

    /**
     * An error whose message implies the remedy, with its cause.
     *
     * @param message the object, its value and the problem
     * @param cause the exception that caused it
     */
    public RlrException(String message, Throwable cause) {
        this(message, "", cause);
    }

    /**
     * An error with its remedy.
     *
     * @param message the object, its value and the problem
     * @param remedy how to fix it, as an imperative phrase: {@code lower `batchSize`}; empty if the message implies it
     */
    public RlrException(String message, String remedy) {
        this(message, remedy, null);
    }

    /**
     * An error with its remedy and its cause.
     *
     * @param message the object, its value and the problem
     * @param remedy how to fix it, as an imperative phrase: {@code lower `batchSize`}; empty if the message implies it
     * @param cause the exception that caused it, if any
     */
    public RlrException(String message, String remedy, @Nullable Throwable cause) {
        super(message, cause);
        this.remedy = remedy;
    }

    /**
     * Adds the location, for a caller that repeats an operation.
     *
     * @param where a file, class or other name to begin the message with: {@code class screw: …}
     * @return this error
     */
    public final RlrException at(Object where) {
        context = where + ": " + context;
        return this;
    }

    /**
     * Extends the remedy, for a caller that knows more.
     *
     * @param more another fix, as an imperative phrase
     * @return this error
     */
    public final RlrException andRemedy(String more) {
        remedy = remedy.isEmpty() ? more : remedy + "; " + more;
        return this;
    }

    /** {@return the object, its value and the problem} */
    @Override
    public final String getMessage() {
        return context + super.getMessage();
    }

    /** {@return how to fix it, as an imperative phrase; empty if the message implies it} */
    public final String remedy() {
        return remedy;
    }

    /** {@return the message and the remedy in one line, for a log} */
    public final String explanation() {
        return remedy.isEmpty() ? getMessage() : getMessage() + "; " + remedy;
    }
}
