package org.rlr.tensor.cpu;

import java.util.Optional;
import org.rlr.tensor.backend.Backend;
import org.rlr.tensor.backend.BackendProvider;

/** Makes CPU backends; there is always a CPU. */
public final class CpuBackendProvider implements BackendProvider {
    /** For {@link java.util.ServiceLoader}. */
    public CpuBackendProvider() {}

    @Override
    public String type() {
        return "cpu";
    }

    @Override
    public int priority() {
        return 0;
    }

    @Override
    public Optional<String> unavailable() {
        return Optional.empty();
    }

    @Override
    public Backend create(int index, int threads) {
        return new CpuBackend(KernelChoice.choose(), threads);
    }
}
