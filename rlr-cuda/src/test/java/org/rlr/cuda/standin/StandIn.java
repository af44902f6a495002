package org.rlr.cuda.standin;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;
import jcuda.driver.JCudaDriver;
import org.rlr.cuda.driver.Natives;

/**
 * A CUDA driver, NVRTC, cuBLAS and cuDNN for machines without a card. g++ builds them from the sources beside this
 * class into libraries with the real ones' names, and the dynamic linker takes a library that is loaded already for the
 * one that JCuda asks for. The compiler turns the same kernel files into host code; the driver runs it, and ends a
 * launch that accesses memory out of bounds, reads what was never written, races in shared memory or diverges at a
 * barrier.
 *
 * <p>Once loaded, a process believes for good that it has a card: tests that use it are tagged {@value #TAG} and run in
 * a process of their own.
 */
public final class StandIn {
    /** The tag of tests that load it. */
    public static final String TAG = "stand-in";

    private static final List<String> SOURCES = List.of(
            "standin.h",
            "rounding.h",
            "device.h",
            "memory.cpp",
            "shared.cpp",
            "fibers.cpp",
            "mma.cpp",
            "driver.cpp",
            "capture.cpp",
            "nvrtc.cpp",
            "blas.cpp",
            "dnn.cpp",
            "versions.map");
    /** What cuDNN's library is expected to have beside it. */
    private static final List<String> DNN_PARTS =
            List.of("libcudnn_graph.so.9", "libcudnn_ops.so.9", "libcudnn_cnn.so.9");
    /** What JCuda's natives ask for. */
    private static final int USUAL_CUDA = 12;

    private static final int DEVICE_MEMORY = 0x1000;
    private static final int COMPUTE_CAPABILITY = 0x1001;
    private static final int DEVICES = 0x1002;
    private static final int DRIVER_VERSION = 0x1003;
    private static boolean loaded;
    private static boolean said;

    private StandIn() {}

    /**
     * Builds it unchecked, in the working directory's {@code target}, and prints the folder, for a process that finds
     * it by LD_LIBRARY_PATH.
     */
    public static void main(String[] args) {
        System.out.println(folder(USUAL_CUDA));
    }

    /**
     * Builds it if need be and loads it, with every access of a kernel checked; the calling test is skipped where it
     * cannot be built.
     */
    public static void load() {
        load(true);
    }

    /** @param checked whether accesses are checked, which makes kernels several times slower; the first call decides */
    public static synchronized void load(boolean checked) {
        if (loaded) {
            return;
        }
        Path folder = folder(checked, USUAL_CUDA);
        System.setProperty("rlr.cuda.cache", folder.resolve("kernels").toString());
        for (String library : List.of("libcuda.so.1", "libnvrtc.so.12", "libcublas.so.12", "libcudnn.so.9")) {
            System.load(folder.resolve(library).toString());
        }
        Natives.obstacle().or(Natives::dnnObstacle).ifPresent(why -> {
            throw new IllegalStateException("the stand-in does not start: " + why);
        });
        loaded = true;
    }

    /**
     * Builds it as libraries of another CUDA if need be and loads nothing; the calling test is skipped where it cannot
     * be built. @return their folder
     */
    public static synchronized Path folder(int cuda) {
        return folder(false, cuda);
    }

    private static Path folder(boolean checked, int cuda) {
        need(
                System.getProperty("os.name").equals("Linux")
                        && System.getProperty("os.arch").equals("amd64"),
                "the stand-in for a CUDA driver needs Linux on x86-64, as JCuda does");
        try {
            String compiler = compiler();
            need(compiler != null, "the stand-in for a CUDA driver is built with g++, which is not installed");
            return build(compiler, checked, cuda);
        } catch (IOException | InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /**
     * Skips the calling test unless all is well. JUnit keeps the reason of a class that is skipped to itself, so it is
     * printed, too.
     */
    private static void need(boolean there, String reason) {
        if (!there && !said) {
            said = true;
            System.err.println("Tests of CUDA kernels are skipped: " + reason + ".");
        }
        assumeTrue(there, reason);
    }

    /** The version of g++, null where there is none. */
    private static String compiler() throws InterruptedException {
        try {
            return run(Path.of("."), List.of("g++", "--version"));
        } catch (IOException absent) {
            return null;
        }
    }

    private static Path build(String compiler, boolean checked, int cuda) throws IOException, InterruptedException {
        String hash = hash(compiler);
        Path parent = Path.of("target", "stand-in").toAbsolutePath();
        Path folder = parent.resolve(hash + (checked ? "" : "-unchecked") + (cuda == USUAL_CUDA ? "" : "-cuda" + cuda));
        if (Files.isDirectory(folder)) {
            return folder;
        }
        Files.createDirectories(parent);
        Path work = Files.createTempDirectory(parent, "build");
        for (String source : SOURCES) {
            try (InputStream in = StandIn.class.getResourceAsStream(source)) {
                Files.copy(in, work.resolve(source));
            }
        }
        link(work, "libcuda.so.1", "memory.cpp", "shared.cpp", "fibers.cpp", "mma.cpp", "driver.cpp", "capture.cpp");
        link(work, "libnvrtc.so." + cuda, "nvrtc.cpp");
        link(work, "libcublas.so." + cuda, "blas.cpp", "libcuda.so.1");
        link(work, "libcudnn.so.9", "dnn.cpp", "libcuda.so.1");
        for (String part : DNN_PARTS) {
            Files.createFile(work.resolve(part));
        }
        if (!checked) {
            Files.createFile(work.resolve("unchecked"));
        }
        try {
            Files.move(work, folder, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            // another process was faster
            if (!Files.isDirectory(folder)) {
                throw e;
            }
            try (Stream<Path> files = Files.walk(work)) {
                files.sorted(Comparator.reverseOrder()).forEach(f -> f.toFile().delete());
            }
        }
        return folder;
    }

    /** JCuda's natives ask for symbols of a version that has the library's name, except of the driver. */
    private static void link(Path folder, String library, String... inputs) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(
                "g++",
                "-std=c++17",
                "-O2",
                "-Wall",
                "-Wextra",
                "-Werror",
                "-shared",
                "-fPIC",
                "-fvisibility=hidden",
                "-Wl,-soname," + library));
        if (!library.startsWith("libcuda.")) {
            String map = Files.readString(folder.resolve("versions.map")).replace("@NAME@", library);
            Files.writeString(folder.resolve(library + ".map"), map);
            command.add("-Wl,--version-script=" + library + ".map");
        }
        command.addAll(List.of(inputs));
        command.addAll(List.of("-o", library, "-ldl"));
        run(folder, command);
    }

    private static String run(Path folder, List<String> command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command)
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (process.waitFor() != 0) {
            throw new IllegalStateException(String.join(" ", command) + " failed:\n" + output);
        }
        return output;
    }

    private static String hash(String compiler) throws IOException {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            digest.update(compiler.getBytes(StandardCharsets.UTF_8));
            for (String source : SOURCES) {
                try (InputStream in = StandIn.class.getResourceAsStream(source)) {
                    digest.update(in.readAllBytes());
                }
            }
            return HexFormat.of().formatHex(digest.digest()).substring(0, 16);
        } catch (java.security.NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }

    /** How much memory the card pretends to have. */
    public static void deviceMemory(long bytes) {
        JCudaDriver.cuCtxSetLimit(DEVICE_MEMORY, bytes);
    }

    /** Its compute capability times ten. */
    public static void computeCapability(int tens) {
        JCudaDriver.cuCtxSetLimit(COMPUTE_CAPABILITY, tens);
    }

    /** How many cards there are. */
    public static void devices(int count) {
        JCudaDriver.cuCtxSetLimit(DEVICES, count);
    }

    /** The CUDA version that the driver supports, as in 12060. */
    public static void driverVersion(int version) {
        JCudaDriver.cuCtxSetLimit(DRIVER_VERSION, version);
    }
}
