package org.rlr.tensor;

import org.jspecify.annotations.Nullable;

/** A setting has a value that is not allowed. */
public final class InvalidSettingException extends RlrException {
    private static final long serialVersionUID = 1L;

    private final String name;
    private final String value;
    private final String allowed;

    /**
     * A value that is out of range: {@code `epochs` is 0; it must be at least 1}.
     *
     * @param name the setting's name in its record or builder
     * @param value its value
     * @param allowed the allowed values, to complete "it must be": {@code at least 1}
     */
    public InvalidSettingException(String name, @Nullable Object value, String allowed) {
        this(name, value, allowed, "`" + name + "` is " + value, "it must be " + allowed);
    }

    /**
     * A value that is invalid for another reason than its range.
     *
     * @param name the setting's name in its record or builder
     * @param value its value
     * @param allowed the allowed values in a few words
     * @param message the problem, with the value
     * @param remedy how to fix it
     */
    public InvalidSettingException(String name, @Nullable Object value, String allowed, String message, String remedy) {
        super(message, remedy);
        this.name = name;
        this.value = String.valueOf(value);
        this.allowed = allowed;
    }

    /**
     * Checks a range.
     *
     * @param condition whether the value is allowed
     * @param name the setting's name in its record or builder
     * @param value its value
     * @param allowed the allowed values, to complete "it must be"
     * @throws InvalidSettingException if the condition is false
     */
    public static void require(boolean condition, String name, @Nullable Object value, String allowed) {
        if (!condition) {
            throw new InvalidSettingException(name, value, allowed);
        }
    }

    /** {@return the setting's name in its record or builder} */
    public String name() {
        return name;
    }

    /** {@return its value as text} */
    public String value() {
        return value;
    }

    /** {@return the allowed values in a few words} */
    public String allowed() {
        return allowed;
    }
}
