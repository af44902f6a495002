package org.rlr.model;

import java.util.List;
import org.rlr.tensor.backend.Backend;
import org.rlr.tensor.backend.Backends;

/** The CPU's kernel sets, for tests that hold both to the same numbers. */
public final class KernelSets {
    /** Their names. */
    public static final List<String> NAMES = List.of("vector", "scalar");

    private KernelSets() {}

    /** A CPU backend on one kernel set and two threads. */
    public static Backend open(String kernels) {
        String before = System.getProperty("rlr.cpu.kernels");
        System.setProperty("rlr.cpu.kernels", kernels);
        try {
            return Backends.open("cpu", 2);
        } finally {
            if (before == null) {
                System.clearProperty("rlr.cpu.kernels");
            } else {
                System.setProperty("rlr.cpu.kernels", before);
            }
        }
    }
}
