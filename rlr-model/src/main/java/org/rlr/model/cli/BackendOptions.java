package org.rlr.model.cli;

import org.rlr.tensor.Device;
import org.rlr.tensor.InvalidSettingException;
import org.rlr.tensor.RlrException;
import org.rlr.tensor.backend.Backend;
import org.rlr.tensor.backend.Backends;
import picocli.CommandLine.Option;

/** Where to compute. */
final class BackendOptions {
    /** More would only be a slip of the finger, and end in a system out of threads. */
    private static final int MOST_THREADS = 1024;

    private static final String PRECISION = "rlr.cuda.precision";

    @Option(
            names = "--backend",
            paramLabel = "NAME",
            defaultValue = "auto",
            description =
                    "Where to compute: auto, cpu, cuda, cuda:1, … ('rlr devices' lists them; default: ${DEFAULT-VALUE}).")
    private String name;

    @Option(
            names = "--threads",
            paramLabel = "N",
            defaultValue = "0",
            description = "Threads of the CPU backend (default: as many as there are cores).")
    private int threads;

    @Option(
            names = "--precision",
            paramLabel = "NAME",
            description =
                    "What a card's tensor cores round the factors of matrix products and of attention to: fp32 (nothing), tf32 or bf16 "
                            + "(default: tf32 where the card has it). The CPU has fp32 only.")
    private String precision;

    Backend open() {
        InvalidSettingException.require(
                threads >= 0 && threads <= MOST_THREADS,
                "threads",
                threads,
                "between 1 and " + MOST_THREADS + ", or 0 for as many as there are cores");
        return precision == null ? Backends.open(name, threads) : openPrecisely();
    }

    /** The backend of a card takes its precision from a system property when it starts. */
    private Backend openPrecisely() {
        String before = System.getProperty(PRECISION);
        System.setProperty(PRECISION, precision);
        Backend backend;
        try {
            backend = Backends.open(name, threads);
        } finally {
            if (before == null) {
                System.clearProperty(PRECISION);
            } else {
                System.setProperty(PRECISION, before);
            }
        }
        if (backend.device().equals(Device.CPU) && !precision.equals("fp32")) {
            backend.close();
            throw new RlrException(
                    "--precision is '" + precision + "', but the backend is the CPU's, which has fp32 only",
                    "choose a card with --backend cuda");
        }
        return backend;
    }
}
