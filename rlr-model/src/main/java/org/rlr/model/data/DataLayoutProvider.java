package org.rlr.model.data;

import java.util.List;

/**
 * Makes data layouts; found by {@link java.util.ServiceLoader}, so that a layout needs this class with a public
 * constructor without arguments, and its name in {@code META-INF/services/org.rlr.model.data.DataLayoutProvider}.
 * {@code docs/own-backbone.md} builds one.
 */
public interface DataLayoutProvider {

    /**
     * The layouts.
     *
     * @return in the order in which they are tried on a folder, the more particular first
     */
    List<DataLayout> layouts();

    /**
     * The place of these layouts among those of other providers: the layouts of a higher priority are tried first.
     *
     * @return 0 unless overridden, which is before the built-in layouts
     */
    default int priority() {
        return 0;
    }
}
