package org.rlr.model.data;

import java.util.List;

/**
 * Creates data layouts; found by {@link java.util.ServiceLoader}. An implementation needs a public constructor without
 * arguments, and its name in {@code META-INF/services/org.rlr.model.data.DataLayoutProvider}.
 * {@code docs/how-to/own-layout.md} builds one.
 */
public interface DataLayoutProvider {

    /**
     * Returns the layouts.
     *
     * @return the layouts in the order in which they are tried on a folder, the most specific first
     */
    List<DataLayout> layouts();

    /**
     * Returns the priority of these layouts: those of a higher priority are tried first.
     *
     * @return 0 by default, which is before the built-in layouts
     */
    default int priority() {
        return 0;
    }
}
