package org.rlr.tensor.cpu;

import org.rlr.tensor.backend.Backend;
import org.rlr.tensor.backend.BackendSettings;

/** CPU backends with a chosen kernel set; also used by tests of other modules. */
public final class CpuBackends {
    private CpuBackends() {}

    /**
     * Creates a CPU backend.
     *
     * @param kernels {@code scalar} or {@code vector}
     * @param threads number of threads, including the caller
     */
    public static Backend open(String kernels, int threads) {
        return new CpuBackend(KernelChoice.choose(kernels), BackendSettings.DEFAULTS.withThreads(threads));
    }
}
