package org.rlr.tensor.cpu;

import org.rlr.tensor.backend.Backend;
import org.rlr.tensor.backend.BackendSettings;

/** CPU backends on a kernel set of the caller's choice, for tests of other modules too. */
public final class CpuBackends {
    private CpuBackends() {}

    /**
     * A CPU backend.
     *
     * @param kernels {@code scalar} or {@code vector}
     * @param threads the calling one included
     */
    public static Backend open(String kernels, int threads) {
        return new CpuBackend(KernelChoice.choose(kernels), BackendSettings.DEFAULTS.withThreads(threads));
    }
}
