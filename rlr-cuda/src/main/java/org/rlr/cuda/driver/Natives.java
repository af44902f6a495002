package org.rlr.cuda.driver;

import java.io.IOException;
import java.io.InputStream;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import jcuda.CudaException;
import jcuda.JCudaVersion;
import jcuda.driver.JCudaDriver;
import jcuda.jcublas.JCublas2;
import jcuda.jcudnn.JCudnn;
import jcuda.nvrtc.JNvrtc;
import org.jspecify.annotations.Nullable;

/**
 * Loads JCuda's native libraries once per process, and with them the driver, NVRTC, cuBLAS and, if requested, cuDNN.
 * Describes a missing part in one sentence. Only this class enables JCuda's exceptions.
 */
public final class Natives {
    /** CUDA 12.0 as the driver numbers it; the natives and libcublas.so.12 require it. */
    private static final int OLDEST_DRIVER = 12000;

    private static final System.Logger LOG = System.getLogger(Natives.class.getName());
    private static final String TEMPORARY = "java.io.tmpdir";
    private static final String DRIVER = "libcuda.so.1";
    private static final String DNN = "libcudnn.so.9";
    /** The parts that cuDNN's library loads at the first call; it ends the process if one is missing. */
    private static final List<String> DNN_PARTS =
            List.of("libcudnn_graph.so.9", "libcudnn_ops.so.9", "libcudnn_cnn.so.9");

    private static final Pattern MISSING = Pattern.compile("(lib\\w+\\.so[.\\d]*): cannot open shared object file");

    private static @Nullable Natives loaded;
    private static @Nullable Natives dnn;

    private final @Nullable String obstacle;

    private Natives(@Nullable String obstacle) {
        this.obstacle = obstacle;
    }

    /** The reason why this process cannot use CUDA; empty if it can. The libraries are searched once. */
    public static synchronized Optional<String> obstacle() {
        if (loaded == null) {
            loaded = new Natives(load());
        }
        return Optional.ofNullable(loaded.obstacle);
    }

    private static @Nullable String load() {
        String system = System.getProperty("os.name") + " on " + System.getProperty("os.arch");
        if (!system.equals("Linux on amd64")) {
            return "it requires Linux on x86-64, this is " + system + "; use the cpu backend";
        }
        // check this first, so that machines without a driver need not unpack native code
        if (!LinkerPath.present(DRIVER)) {
            return explain(DRIVER + ": cannot open shared object file");
        }
        return attempt(() -> {
            loadLibrary("JCudaDriver");
            JCudaDriver.setExceptionsEnabled(true);
            String driver = driverObstacle();
            if (driver != null) {
                return driver;
            }
            loadLibrary("JNvrtc");
            JNvrtc.setExceptionsEnabled(true);
            loadLibrary("JCublas2");
            JCublas2.setExceptionsEnabled(true);
            return null;
        });
    }

    /** The reason why this process can use CUDA but not cuDNN; empty if it can. The library is searched once. */
    public static synchronized Optional<String> dnnObstacle() {
        if (dnn == null) {
            dnn = new Natives(attempt(() -> {
                loadLibrary("JCudnn");
                String incomplete = LinkerPath.folderOf(DNN)
                        .map(folder -> incomplete(folder, DNN_PARTS))
                        .orElse(null);
                if (incomplete == null) {
                    JCudnn.setExceptionsEnabled(true);
                }
                return incomplete;
            }));
        }
        return Optional.ofNullable(dnn.obstacle);
    }

    /** A message if a part of cuDNN is neither in a folder nor on the linker's path; null if all are found. */
    static @Nullable String incomplete(Path folder, List<String> parts) {
        return parts.stream()
                .filter(part -> !Files.exists(folder.resolve(part)) && !LinkerPath.present(part))
                .findFirst()
                .map(part -> part + ", a part of cuDNN, was not found beside " + folder.resolve(DNN)
                        + "; reinstall cuDNN 9 with all its parts")
                .orElse(null);
    }

    @FunctionalInterface
    private interface Loading {
        @Nullable
        String obstacle() throws IOException;
    }

    /**
     * Loads libraries from a new folder that only this user can write to, and deletes it afterwards. JCuda would load
     * any file of that name from the shared folder for temporary files. It reads the folder's system property each
     * time, so the property names the new folder while JCuda's classes are initialised.
     */
    private static @Nullable String attempt(Loading loading) {
        String shared = System.getProperty(TEMPORARY);
        try {
            Path folder = Files.createTempDirectory("rlr-native-");
            System.setProperty(TEMPORARY, folder.toString());
            try {
                return loading.obstacle();
            } finally {
                System.setProperty(TEMPORARY, shared);
                delete(folder);
            }
        } catch (UnsatisfiedLinkError e) {
            return explain(String.valueOf(e.getMessage()));
        } catch (IOException e) {
            return "its native code could not be unpacked into " + shared + " (" + e
                    + "); set another folder with -Djava.io.tmpdir";
        }
    }

    /** Deletes the folder; loaded libraries stay loaded. If that fails, only a warning is logged. */
    private static void delete(Path folder) {
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : files.toList()) {
                Files.delete(file);
            }
            Files.delete(folder);
        } catch (IOException e) {
            LOG.log(System.Logger.Level.WARNING, "cannot delete " + folder + ", where native code was unpacked", e);
        }
    }

    static @Nullable String driverObstacle() {
        int[] value = new int[1];
        try {
            JCudaDriver.cuInit(0);
            JCudaDriver.cuDriverGetVersion(value);
            if (value[0] < OLDEST_DRIVER) {
                return "the NVIDIA driver supports CUDA " + version(value[0])
                        + " and 12.0 is required; update the driver";
            }
            JCudaDriver.cuDeviceGetCount(value);
        } catch (CudaException e) {
            return "CUDA_ERROR_NO_DEVICE".equals(e.getMessage())
                    ? "the NVIDIA driver finds no card; see what nvidia-smi says"
                    : CudaFailure.of("starting the NVIDIA driver", e).getMessage() + "; see what nvidia-smi says";
        }
        return value[0] > 0 ? null : "the NVIDIA driver finds no card; see what nvidia-smi says";
    }

    /** 12060 as 12.6. */
    static String version(int number) {
        return number / 1000 + "." + number % 1000 / 10;
    }

    static String explain(String error) {
        Matcher m = MISSING.matcher(error);
        if (!m.find()) {
            return "a native library cannot be loaded: "
                    + error.lines().findFirst().orElse(error);
        }
        String library = m.group(1);
        if (library.equals(DRIVER)) {
            return "there is no NVIDIA driver (libcuda.so.1 was not found); install it, or use the cpu backend";
        }
        return library + " was not found; "
                + (library.equals(DNN)
                        ? "install cuDNN 9 or name its folder in LD_LIBRARY_PATH"
                        : library.endsWith(".13")
                                ? "name its folder in LD_LIBRARY_PATH"
                                : "install the libraries of CUDA 12 or name their folder in LD_LIBRARY_PATH (where there is CUDA 13: cuda13/forward, docs/how-to/gpu.md)");
    }

    /**
     * Copies a library to the folder where JCuda looks and loads it with its dependencies, for the linker's own error
     * message.
     */
    private static void loadLibrary(String name) throws IOException {
        String file = "lib" + name + "-" + JCudaVersion.get() + "-linux-x86_64.so";
        // by the class loader, because a class in a named module finds no resources of other modules
        URL library = JCudaDriver.class.getClassLoader().getResource("lib/" + file);
        if (library == null) {
            throw new UnsatisfiedLinkError(
                    "the class path has no /lib/" + file + " (jar jcuda-natives, jcublas-natives or jcudnn-natives)");
        }
        Path target = Path.of(System.getProperty(TEMPORARY), file);
        try (InputStream in = library.openStream()) {
            Files.copy(in, target);
        }
        System.load(target.toAbsolutePath().toString());
    }
}
