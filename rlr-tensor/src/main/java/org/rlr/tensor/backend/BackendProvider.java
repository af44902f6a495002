package org.rlr.tensor.backend;

import java.util.Optional;

/**
 * Makes backends of one type; found by {@link java.util.ServiceLoader}. Constructing a provider must not load native
 * code.
 */
public interface BackendProvider {

    /** {@return the name of the type, as {@code "cpu"} or {@code "cuda"}} */
    String type();

    /** {@return which one to take when nobody asks: higher first} */
    int priority();

    /** {@return why this backend cannot start here, in one sentence with the remedy; empty where it can} */
    Optional<String> unavailable();

    /** {@return how many devices there are, numbered from 0; asked only where {@link #unavailable()} is empty} */
    default int devices() {
        return 1;
    }

    /**
     * Starts a backend.
     *
     * @param index the device's ordinal
     * @param settings threads and precision
     * @return the backend; the caller closes it
     * @throws org.rlr.tensor.ResourceException with the sentence of {@link #unavailable()} if it cannot start
     * @throws org.rlr.tensor.InvalidSettingException if there is no such device, or it does not offer the precision
     */
    Backend create(int index, BackendSettings settings);
}
