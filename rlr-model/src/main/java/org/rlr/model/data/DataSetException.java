package org.rlr.model.data;

import org.jspecify.annotations.Nullable;
import org.rlr.tensor.RlrException;

/** A folder or list of images cannot be used as the data set that it was given as. */
public final class DataSetException extends RlrException {
    private static final long serialVersionUID = 1L;

    /**
     * A data set that cannot be used.
     *
     * @param message the folder or file, and what is wrong with it
     * @param remedy what to do
     * @param cause the exception behind it, or null
     */
    public DataSetException(String message, String remedy, @Nullable Throwable cause) {
        super(message, remedy, cause);
    }
}
