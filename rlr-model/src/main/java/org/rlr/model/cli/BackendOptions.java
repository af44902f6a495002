package org.rlr.model.cli;

import org.rlr.tensor.backend.Backend;
import org.rlr.tensor.backend.BackendSettings;
import org.rlr.tensor.backend.Backends;
import picocli.CommandLine.Option;

/** Where to compute. */
final class BackendOptions {
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
            description =
                    "Threads that compute on the CPU (default: as many as there are cores); the results are the same bits for any number.")
    private int threads;

    @Option(
            names = "--precision",
            paramLabel = "NAME",
            defaultValue = BackendSettings.AUTO,
            description =
                    "What a card's tensor cores round the factors of matrix products and of attention to: fp32 (nothing), tf32 or bf16 "
                            + "(default: auto, which is tf32 where the card has it). The CPU has fp32 only.")
    private String precision;

    /** 0 for as many as there are cores. */
    int threads() {
        return threads;
    }

    Backend open() {
        return Backends.open(
                name, BackendSettings.WHOLE_HEAP.withThreads(threads).withPrecision(precision));
    }
}
