package org.rlr.bench;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.rlr.cuda.CudaBackendProvider;
import org.rlr.tensor.InvalidSettingException;
import org.rlr.tensor.RlrException;
import org.rlr.tensor.backend.Backend;
import org.rlr.tensor.backend.BackendSettings;
import org.rlr.tensor.backend.Backends;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/**
 * The Java parts of {@code gpu/run}, each a process of its own. Exit codes: 0 well, 1 a result is wrong, 3 the
 * precision is not offered.
 */
@Command(name = "gpu-proof", subcommands = CommandLine.HelpCommand.class, description = "The parts of gpu/run.")
public final class GpuProof {
    static final int WRONG = 1;
    static final int NOT_OFFERED = 3;

    private GpuProof() {}

    public static void main(String[] args) {
        System.exit(new CommandLine(new GpuProof()).execute(args));
    }

    /** A card that computes in a precision. */
    static final class Device {
        @Option(
                names = "--precision",
                defaultValue = "fp32",
                description = "fp32, tf32, bf16, as far as offered (default: ${DEFAULT-VALUE})")
        String precision;

        @Option(names = "--tiny", description = "tiny shapes")
        boolean tiny;

        private BackendSettings settings() {
            return BackendSettings.DEFAULTS.withPrecision(precision);
        }

        Backend open() {
            return Backends.open("cuda", settings());
        }

        Backend openWithoutCudnn() {
            return new CudaBackendProvider().createWithoutCudnn(0, settings());
        }

        GpuShapes shapes() {
            return GpuShapes.of(tiny);
        }

        /** Why the backend does not compute in that precision, if it does not. */
        @Nullable
        String obstacle() {
            try {
                open().close();
                return null;
            } catch (InvalidSettingException e) {
                if (e.name().equals("precision")) {
                    return e.explanation();
                }
                throw e;
            }
        }
    }

    @Command(name = "card", description = "Prints the card that cuda names, and fails where there is none.")
    int card() {
        try (Backend backend = Backends.open("cuda", BackendSettings.DEFAULTS)) {
            System.out.println(backend.description());
            return 0;
        } catch (RlrException e) {
            System.err.println(e.getMessage());
            return WRONG;
        }
    }

    @Command(
            name = "kernels",
            description = "Compares the attentions with the CPU's, then times every kernel of the table.")
    int kernels(
            @CommandLine.Mixin Device device,
            @Option(names = "--rows", required = true, description = "where the rows are appended") Path rows) {
        if (refused(device)) {
            return NOT_OFFERED;
        }
        try (Backend backend = device.open()) {
            return new GpuKernels(backend, device.precision, device.shapes(), new GpuRows(rows)).run() ? 0 : WRONG;
        }
    }

    @Command(
            name = "convolutions",
            description =
                    "Compares the convolutions with the CPU's, then times them, by cuDNN where there is cuDNN and by our own kernels.")
    int convolutions(
            @CommandLine.Mixin Device device,
            @Option(names = "--rows", required = true, description = "where the rows are appended") Path rows,
            @Option(names = "--own-kernels", description = "time our own kernels beside cuDNN") boolean ownKernels) {
        if (refused(device)) {
            return NOT_OFFERED;
        }
        try (Backend backend = device.open();
                Backend without = ownKernels && byCudnn(backend) ? device.openWithoutCudnn() : null) {
            System.out.println("NOTE: " + backend.description().replaceFirst(".*, (convolutions by .*)\\)$", "$1"));
            return new GpuKernels(backend, device.precision, device.shapes(), new GpuRows(rows)).convolutions(without)
                    ? 0
                    : WRONG;
        }
    }

    private static boolean byCudnn(Backend backend) {
        return backend.description().contains("convolutions by cuDNN");
    }

    @Command(name = "repeats", description = "Runs everything again and again: the bits must not change.")
    int repeats(
            @CommandLine.Mixin Device device,
            @Option(names = "--runs", defaultValue = "100", description = "how often (default: ${DEFAULT-VALUE})")
                    int runs) {
        if (refused(device)) {
            return NOT_OFFERED;
        }
        try (Backend backend = device.open()) {
            List<String> failures = new GpuRepeats(backend, device.shapes(), runs).run();
            failures.forEach(System.err::println);
            return failures.isEmpty() ? 0 : WRONG;
        }
    }

    @Command(name = "steps", description = "Times a training step and a reconstruction of both levels.")
    int steps(
            @CommandLine.Mixin Device device,
            @Option(names = "--rows", required = true, description = "where the rows are appended") Path rows,
            @Option(
                            names = "--levels",
                            required = true,
                            description = "a folder for the levels, from which PyTorch starts")
                    Path levels)
            throws IOException {
        if (refused(device)) {
            return NOT_OFFERED;
        }
        new GpuSteps(device::open, device.precision, device.shapes(), new GpuRows(rows), levels).run();
        return 0;
    }

    @Command(name = "report", description = "Writes the report from a folder of parts.")
    int report(
            @Parameters(description = "where gpu/run left what the parts said") Path parts,
            @Parameters(description = "the report, Markdown") Path report)
            throws IOException {
        GpuReport.write(parts, report);
        return 0;
    }

    private static boolean refused(Device device) {
        String why = device.obstacle();
        if (why != null) {
            System.err.println(why);
        }
        return why != null;
    }
}
