package org.rlr.cuda;

import java.util.Optional;
import org.rlr.tensor.RlrException;
import org.rlr.tensor.backend.Backend;
import org.rlr.tensor.backend.BackendProvider;

/** The CUDA backend. This version has its place and its name, but no kernels, and says so. */
public final class CudaBackendProvider implements BackendProvider {
    private static final String REASON = "this version of rlr-cuda has no kernels; use the cpu backend";

    /** For {@link java.util.ServiceLoader}; loads no native code. */
    public CudaBackendProvider() {
    }

    @Override
    public String type() {
        return "cuda";
    }

    @Override
    public int priority() {
        return 10;
    }

    @Override
    public Optional<String> unavailable() {
        return Optional.of(REASON);
    }

    @Override
    public Backend create(int index, int threads) {
        throw new RlrException("backend 'cuda' cannot start: " + REASON);
    }
}
