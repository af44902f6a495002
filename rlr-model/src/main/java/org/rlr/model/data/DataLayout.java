package org.rlr.model.data;

import java.nio.file.Path;

/** A way to lay out a data set in folders. A new one is one class, listed in {@link DataLayouts}. */
public interface DataLayout {
    /** The name by which users choose it. */
    String name();

    /** What it looks like, in a few words, for messages. */
    String description();

    /** Whether an existing folder looks like this layout. Looks at names only, and at no more than two levels of folders. */
    boolean recognises(Path root);

    /**
     * Reads the names of the data set's files.
     *
     * @throws org.rlr.tensor.RlrException if something that this layout needs is missing, naming it and where it belongs
     */
    DataSet read(Path root);
}
