package org.rlr.model.cli;

import org.rlr.tensor.RlrException;
import org.rlr.tensor.backend.Backend;
import org.rlr.tensor.backend.Backends;
import picocli.CommandLine.Option;

/** Where to compute. */
final class BackendOptions {
    /** More would only be a slip of the finger, and end in a system out of threads. */
    private static final int MOST_THREADS = 1024;

    @Option(names = "--backend", paramLabel = "NAME", defaultValue = "auto",
            description = "Where to compute: auto, cpu, cuda, cuda:1, … ('rlr devices' lists them; default: ${DEFAULT-VALUE}).")
    private String name;

    @Option(names = "--threads", paramLabel = "N", defaultValue = "0", description = "Threads of the CPU backend (default: as many as there are cores).")
    private int threads;

    Backend open() {
        if (threads < 0 || threads > MOST_THREADS) {
            throw new RlrException("--threads is " + threads + "; it must be between 1 and " + MOST_THREADS + ", or 0 for as many as there are cores");
        }
        return Backends.open(name, threads);
    }
}
