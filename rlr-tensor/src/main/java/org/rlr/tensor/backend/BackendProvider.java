package org.rlr.tensor.backend;

import java.util.Optional;

/**
 * Creates backends of one type; found by {@link java.util.ServiceLoader}. A provider's constructor must not load native
 * code.
 */
public interface BackendProvider {

    /** {@return the name of the type, such as {@code "cpu"} or {@code "cuda"}} */
    String type();

    /** {@return the priority in automatic selection; the highest comes first} */
    int priority();

    /** {@return the reason why this backend cannot start here, in one sentence with the remedy; empty if it can} */
    Optional<String> unavailable();

    /** {@return the number of devices, which are numbered from 0; called only if {@link #unavailable()} is empty} */
    default int devices() {
        return 1;
    }

    /**
     * Starts a backend.
     *
     * @param index the device ordinal
     * @param settings threads and precision
     * @return the backend; the caller closes it
     * @throws org.rlr.tensor.ResourceException with the sentence of {@link #unavailable()}, if it cannot start
     * @throws org.rlr.tensor.InvalidSettingException if there is no such device or it does not offer the precision
     */
    Backend create(int index, BackendSettings settings);
}
