package org.rlr.tensor.cpu;

import java.util.List;
import java.util.Optional;
import org.rlr.tensor.backend.Backend;
import org.rlr.tensor.backend.BackendProvider;
import org.rlr.tensor.backend.BackendSettings;

/** Creates CPU backends; always available. */
public final class CpuBackendProvider implements BackendProvider {
    /** The only precision: factors are not rounded. */
    private static final String FLOAT32 = "fp32";

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
    public Backend create(int index, BackendSettings settings) {
        settings.choosePrecision("cpu", List.of(FLOAT32), FLOAT32);
        return new CpuBackend(KernelChoice.choose(), settings);
    }
}
