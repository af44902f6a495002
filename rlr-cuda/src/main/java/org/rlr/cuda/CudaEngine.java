package org.rlr.cuda;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.rlr.cuda.driver.Card;
import org.rlr.cuda.driver.Context;
import org.rlr.cuda.driver.DeviceAllocator;
import org.rlr.cuda.driver.DeviceBuffer;
import org.rlr.cuda.driver.Kernel;
import org.rlr.cuda.driver.KernelCompiler;
import org.rlr.cuda.driver.KernelFile;
import org.rlr.cuda.driver.Natives;
import org.rlr.cuda.driver.Stream;
import org.rlr.cuda.driver.Transfers;
import org.rlr.cuda.lib.Blas;
import org.rlr.cuda.lib.Dnn;
import org.rlr.tensor.ResourceException;
import org.rlr.tensor.backend.BackendSettings;
import org.rlr.tensor.backend.BinaryOp;
import org.rlr.tensor.backend.Locality;
import org.rlr.tensor.backend.UnaryOp;

/** The parts that all primitives share: one card, one stream, its memory, its kernels. */
final class CudaEngine implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(CudaEngine.class.getName());

    private final List<AutoCloseable> owned = new ArrayList<>();
    private final Context context;
    private final KernelCompiler compiler;
    private final Precision precision;
    private final Map<String, KernelFile> files = new ConcurrentHashMap<>();
    /** The number of open captures. */
    int captures;

    private @Nullable CudaCapture capture;
    final Stream stream;
    final DeviceAllocator allocator;
    final Transfers transfers;
    final Blas blas;
    /** Null without cuDNN. */
    final @Nullable Dnn dnn;

    private final String convolutions;

    /** Starts a card; if a later part fails, closes those already started. */
    CudaEngine(Card card, BackendSettings settings, CudaDebugging debugging) {
        try {
            precision = Precision.chosen(card, settings);
            context = own(new Context(card));
            stream = own(new Stream(context, debugging.careful()));
            compiler = new KernelCompiler(context);
            allocator = own(new DeviceAllocator(stream));
            transfers = own(new Transfers(stream));
            blas = own(new Blas(stream, precision.factors()));
            Convolutions by = startDnn(debugging.cudnn());
            dnn = by.dnn;
            convolutions = by.description;
        } catch (RuntimeException | Error e) {
            close();
            throw e;
        }
    }

    private <T extends AutoCloseable> T own(T part) {
        owned.add(part);
        return part;
    }

    private record Convolutions(@Nullable Dnn dnn, String description) {}

    /** Starts cuDNN. Without it convolutions are slow but possible, so the obstacle is logged. */
    private Convolutions startDnn(boolean wanted) {
        String why = wanted ? Natives.dnnObstacle().orElse(null) : "cuDNN is switched off";
        if (why == null) {
            try {
                String description = "cuDNN " + Dnn.version();
                return new Convolutions(own(new Dnn(stream, precision != Precision.FP32)), description);
            } catch (ResourceException e) {
                why = e.explanation();
            }
        }
        String description = "own kernels (" + why + ")";
        LOG.log(System.Logger.Level.INFO, "convolutions are computed by " + description);
        return new Convolutions(null, description);
    }

    /** The library that computes convolutions, with the reason if it is not cuDNN. */
    String convolutions() {
        return convolutions;
    }

    Card card() {
        return context.card();
    }

    Precision precision() {
        return precision;
    }

    /** The capture in progress, which registers the numbers that change between runs; null if work runs at once. */
    @Nullable
    CudaCapture capture() {
        return capture;
    }

    void capture(@Nullable CudaCapture begun) {
        capture = begun;
    }

    /** A kernel of {@code kernels/<file>.cu}; the first call compiles the file. */
    Kernel kernel(String file, String name) {
        return files.computeIfAbsent(
                        file, f -> new KernelFile(stream, compiler, CudaEngine.class, f + ".cu", prelude()))
                .kernel(name);
    }

    /** Defines the numbers of the constants for kernels, followed by the common start of all files. */
    static String prelude() {
        return enumeration("UNARY_", UnaryOp.values())
                + enumeration("BINARY_", BinaryOp.values())
                + enumeration("LOCALITY_", Locality.values())
                + KernelFile.text(CudaEngine.class, "prelude.cu");
    }

    private static String enumeration(String prefix, Enum<?>[] constants) {
        return Arrays.stream(constants)
                .map(c -> "#define " + prefix + c.name() + " " + code(c) + "\n")
                .collect(Collectors.joining());
    }

    /** The number of a constant in kernels, defined by {@link #prelude}. */
    @SuppressWarnings("EnumOrdinal") // a number is valid only for the kernels compiled with it
    static int code(Enum<?> constant) {
        return constant.ordinal();
    }

    /** Lends a block to the work that the body submits; the stream's order keeps it valid until the work has run. */
    void withWorkspace(long bytes, Consumer<DeviceBuffer> body) {
        DeviceBuffer buffer = allocator.allocate(bytes);
        try {
            body.accept(buffer);
        } finally {
            allocator.release(buffer);
        }
    }

    /** Waits for the card and frees everything. */
    @Override
    public void close() {
        RuntimeException failure = null;
        for (KernelFile file : files.values()) {
            failure = attempt(file, failure);
        }
        files.clear();
        for (int i = owned.size() - 1; i >= 0; i--) {
            failure = attempt(owned.get(i), failure);
        }
        owned.clear();
        if (failure != null) {
            throw failure;
        }
    }

    /** Closes a part. After a failure of the card every later call fails too, so only the first one is thrown. */
    private static @Nullable RuntimeException attempt(AutoCloseable part, @Nullable RuntimeException before) {
        try {
            part.close();
            return before;
        } catch (Exception e) {
            RuntimeException failure = e instanceof RuntimeException r ? r : new IllegalStateException(e);
            if (before == null) {
                return failure;
            }
            before.addSuppressed(failure);
            return before;
        }
    }
}
