package org.rlr.model;

import java.util.List;
import org.rlr.tensor.backend.Backend;
import org.rlr.tensor.cpu.CpuBackends;

/** The CPU's kernel sets, for tests that compare both with the same numbers. */
public final class KernelSets {
    /** Returns their names. */
    public static final List<String> NAMES = List.of("vector", "scalar");

    private KernelSets() {}

    /** Opens a CPU backend with one kernel set and two threads. */
    public static Backend open(String kernels) {
        return CpuBackends.open(kernels, 2);
    }
}
