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
 * The Java parts of {@code gpu/run}, each a separate process. Exit codes: 0 success, 1 a wrong result, 3 a precision
 * that the card does not offer.
 */
@Command(name = "gpu-proof", subcommands = CommandLine.HelpCommand.class, description = "The parts of gpu/run.")
public final class GpuProof {
    static final int WRONG = 1;
    static final int NOT_OFFERED = 3;

    private GpuProof() {}

    public static void main(String[] args) {
        System.exit(new CommandLine(new GpuProof()).execute(args));
    }

    /** A card and a precision. */
    static final class Device {
        @Option(
                names = "--precision",
                defaultValue = "fp32",
                description = "fp32, tf32 or bf16, if the card offers it (default: ${DEFAULT-VALUE})")
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

        /** The reason why the backend does not compute in that precision, or null. */
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

    @Command(name = "card", description = "Prints the card of the backend cuda, and fails if there is none.")
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
                    "Compares the convolutions with the CPU's, then times them, by cuDNN if present and by our own "
                            + "kernels.")
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

    @Command(name = "repeats", description = "Repeats every call; the results must be bit-identical.")
    int repeats(
            @CommandLine.Mixin Device device,
            @Option(
                            names = "--runs",
                            defaultValue = "100",
                            description = "the number of runs (default: ${DEFAULT-VALUE})")
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
                            description = "a folder for the levels that PyTorch starts from")
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
            @Parameters(description = "the folder with the output of gpu/run's parts") Path parts,
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
