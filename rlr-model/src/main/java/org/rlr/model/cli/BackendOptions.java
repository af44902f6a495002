package org.rlr.model.cli;

import org.rlr.tensor.backend.Backend;
import org.rlr.tensor.backend.BackendSettings;
import org.rlr.tensor.backend.Backends;
import picocli.CommandLine.Option;

/** Options for the device and the precision. */
final class BackendOptions {
    @Option(
            names = "--backend",
            paramLabel = "NAME",
            defaultValue = "auto",
            description = "Where to compute: auto, cpu, cuda, cuda:1, … ('rlr devices' lists them; default: "
                    + "${DEFAULT-VALUE}).")
    private String name;

    @Option(
            names = "--threads",
            paramLabel = "N",
            defaultValue = "0",
            description = "CPU threads (default: one per core). The results are bit-identical for any number.")
    private int threads;

    @Option(
            names = "--precision",
            paramLabel = "NAME",
            defaultValue = BackendSettings.AUTO,
            description = "Precision to which the GPU's tensor cores round the factors of matrix products and of "
                    + "attention: fp32 (no rounding), tf32 or bf16 "
                    + "(default: auto, which is tf32 if the GPU has it). The CPU has fp32 only.")
    private String precision;

    /** Returns the number of threads; 0 for one per core. */
    int threads() {
        return threads;
    }

    Backend open() {
        return Backends.open(
                name, BackendSettings.WHOLE_HEAP.withThreads(threads).withPrecision(precision));
    }
}
