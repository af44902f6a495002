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
 * Loads JCuda's native libraries, and with them the driver, NVRTC and cuBLAS, and cuDNN where it is asked for, once per
 * process; says in one sentence what is missing. The only place where JCuda's exceptions are switched on.
 */
public final class Natives {
    /** CUDA 12.0 in the driver's way of counting: the natives and libcublas.so.12 want it. */
    private static final int OLDEST_DRIVER = 12000;

    private static final System.Logger LOG = System.getLogger(Natives.class.getName());
    private static final String TEMPORARY = "java.io.tmpdir";
    private static final String DRIVER = "libcuda.so.1";
    private static final String DNN = "libcudnn.so.9";
    /** What cuDNN's library loads at the first call; where it cannot, it ends the process. */
    private static final List<String> DNN_PARTS =
            List.of("libcudnn_graph.so.9", "libcudnn_ops.so.9", "libcudnn_cnn.so.9");

    private static final Pattern MISSING = Pattern.compile("(lib\\w+\\.so[.\\d]*): cannot open shared object file");

    private static @Nullable Natives loaded;
    private static @Nullable Natives dnn;

    private final @Nullable String obstacle;

    private Natives(@Nullable String obstacle) {
        this.obstacle = obstacle;
    }

    /** Why CUDA cannot be used by this process; empty where it can. The libraries are looked for once. */
    public static synchronized Optional<String> obstacle() {
        if (loaded == null) {
            loaded = new Natives(load());
        }
        return Optional.ofNullable(loaded.obstacle);
    }

    private static @Nullable String load() {
        String system = System.getProperty("os.name") + " on " + System.getProperty("os.arch");
        if (!system.equals("Linux on amd64")) {
            return "it needs Linux on x86-64, this is " + system + "; use the cpu backend";
        }
        // so that where there is none, as on most machines, no native code is unpacked to learn it
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

    /** Why cuDNN cannot be used by this process, which CUDA can; empty where it can. The library is looked for once. */
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

    /** What to say of a library in a folder if some of its parts are neither there nor where the linker looks. */
    static @Nullable String incomplete(Path folder, List<String> parts) {
        return parts.stream()
                .filter(part -> !Files.exists(folder.resolve(part)) && !LinkerPath.present(part))
                .findFirst()
                .map(part -> part + ", a part of cuDNN, was not found beside " + folder.resolve(DNN)
                        + "; install cuDNN 9 anew, all of it")
                .orElse(null);
    }

    @FunctionalInterface
    private interface Loading {
        @Nullable
        String obstacle() throws IOException;
    }

    /**
     * Loads libraries from a folder that nobody but this user can write to, and that is empty before and gone after.
     * JCuda would take whatever lies in the folder for temporary files, which everybody may put files into; it asks the
     * system property for it each time, and is told of ours while its classes begin.
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
                    + "); give another folder with -Djava.io.tmpdir";
        }
    }

    /** What is loaded stays loaded, and is no worse for a file that cannot be deleted. */
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
                        + " and 12.0 is needed; update the driver";
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
                                : "install the libraries of CUDA 12 or name their folder in LD_LIBRARY_PATH (where there is CUDA 13: cuda13/forward, docs/cuda.md)");
    }

    /**
     * Puts a library where JCuda looks for it and loads it, which gives the linker's own message; what the library of
     * that name needs is loaded with it.
     */
    private static void loadLibrary(String name) throws IOException {
        String file = "lib" + name + "-" + JCudaVersion.get() + "-linux-x86_64.so";
        // of the loader, since a class of a named module finds nothing in another module
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
