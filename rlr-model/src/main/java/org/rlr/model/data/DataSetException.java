package org.rlr.model.data;

import org.jspecify.annotations.Nullable;
import org.rlr.tensor.RlrException;

/** A folder or list of images cannot be used as a data set. */
public final class DataSetException extends RlrException {
    private static final long serialVersionUID = 1L;

    /**
     * Creates an exception for a data set that cannot be used.
     *
     * @param message the folder or file, and its fault
     * @param remedy the action to take
     * @param cause the exception behind it, or null
     */
    public DataSetException(String message, String remedy, @Nullable Throwable cause) {
        super(message, remedy, cause);
    }
}
