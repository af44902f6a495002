package org.rlr.model.cli;

import org.rlr.tensor.backend.Backend;
import org.rlr.tensor.backend.Backends;
import picocli.CommandLine.Option;

/** Where to compute. */
final class BackendOptions {
    @Option(names = "--backend", paramLabel = "NAME", defaultValue = "auto",
            description = "Where to compute: auto, cpu, cuda, cuda:1, … ('rlr devices' lists them; default: ${DEFAULT-VALUE}).")
    private String name;

    @Option(names = "--threads", paramLabel = "N", defaultValue = "0", description = "Threads of the CPU backend (default: as many as there are cores).")
    private int threads;

    Backend open() {
        if (threads < 0) {
            throw new org.rlr.tensor.RlrException("--threads is " + threads + "; it must be at least 1, or 0 for as many as there are cores");
        }
        return Backends.open(name, threads);
    }
}
