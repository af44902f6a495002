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
 * class into libraries with the real names, and for JCuda the dynamic linker takes those already loaded. Its compiler
 * turns the kernel files into host code. Its driver runs it, and ends a launch that accesses memory out of bounds,
 * reads unwritten memory, races in shared memory or diverges at a barrier.
 *
 * <p>It cannot be unloaded, and the process then has a card: tests that use it have the tag {@value #TAG} and run in a
 * separate process.
 */
public final class StandIn {
    /** The tag of tests that load it. */
    public static final String TAG = "stand-in";

    /**
     * The system property for the build folder, shared by all modules; default {@code target/stand-in} in the working
     * directory.
     */
    private static final String FOLDER = "rlr.stand-in";

    private static final List<String> DRIVER = List.of("memory", "shared", "fibers", "mma", "driver", "capture");
    /** The sources of the libraries other than the driver. */
    private static final List<String> OTHERS = List.of("nvrtc", "blas", "dnn");

    private static final List<String> HEADERS = List.of("standin.h", "rounding.h", "device.h", "versions.map");
    /** The parts that cuDNN's library must have beside it. */
    private static final List<String> DNN_PARTS =
            List.of("libcudnn_graph.so.9", "libcudnn_ops.so.9", "libcudnn_cnn.so.9");
    /** The CUDA version that JCuda's natives require. */
    private static final int USUAL_CUDA = 12;

    private static final int DEVICE_MEMORY = 0x1000;
    private static final int COMPUTE_CAPABILITY = 0x1001;
    private static final int DEVICES = 0x1002;
    private static final int DRIVER_VERSION = 0x1003;
    private static boolean loaded;
    private static boolean said;

    private StandIn() {}

    /** Builds it without checks and prints the folder, for a process that finds it through LD_LIBRARY_PATH. */
    public static void main(String[] args) {
        System.out.println(folder(USUAL_CUDA));
    }

    /**
     * Builds it if needed and loads it, with checks of every access of a kernel; skips the calling test if it cannot be
     * built.
     */
    public static void load() {
        load(true);
    }

    /** @param checked whether to check accesses, which makes kernels several times slower; the first call decides */
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
     * Builds it as libraries of another CUDA version if needed, without loading; skips the calling test if it cannot be
     * built. @return their folder
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
            need(compiler != null, "g++ is not installed, which builds the stand-in for a CUDA driver");
            return build(compiler, checked, cuda);
        } catch (IOException | InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /**
     * Skips the calling test unless the condition holds. It also prints the reason, because JUnit does not show it for
     * a skipped class.
     */
    private static void need(boolean there, String reason) {
        if (!there && !said) {
            said = true;
            System.err.println("Tests of CUDA kernels are skipped: " + reason + ".");
        }
        assumeTrue(there, reason);
    }

    /** The version of g++, or null if it is not installed. */
    private static String compiler() throws InterruptedException {
        try {
            return run(Path.of("."), List.of("g++", "--version"));
        } catch (IOException absent) {
            return null;
        }
    }

    private static Path build(String compiler, boolean checked, int cuda) throws IOException, InterruptedException {
        String hash = hash(compiler);
        Path objects = folder(hash + "-objects", StandIn::compile);
        return folder(
                hash + (checked ? "" : "-unchecked") + (cuda == USUAL_CUDA ? "" : "-cuda" + cuda),
                work -> link(objects, checked, cuda, work));
    }

    /** Fills a new folder. */
    private interface Maker {
        void fill(Path folder) throws IOException, InterruptedException;
    }

    /** A folder beside the others; filled if it does not exist. */
    private static Path folder(String name, Maker maker) throws IOException, InterruptedException {
        Path parent = Path.of(System.getProperty(FOLDER, "target/stand-in")).toAbsolutePath();
        Path folder = parent.resolve(name);
        if (Files.isDirectory(folder)) {
            return folder;
        }
        Files.createDirectories(parent);
        Path work = Files.createTempDirectory(parent, "build");
        maker.fill(work);
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

    private static List<String> sources() {
        return Stream.concat(DRIVER.stream(), OTHERS.stream())
                .map(name -> name + ".cpp")
                .toList();
    }

    /** Compiles all sources to objects, in parallel. */
    private static void compile(Path folder) throws IOException, InterruptedException {
        for (String file : Stream.concat(HEADERS.stream(), sources().stream()).toList()) {
            try (InputStream in = StandIn.class.getResourceAsStream(file)) {
                Files.copy(in, folder.resolve(file));
            }
        }
        List<Running> compilers = new ArrayList<>();
        for (String source : sources()) {
            compilers.add(start(
                    folder,
                    List.of(
                            "g++",
                            "-std=c++17",
                            "-O2",
                            "-Wall",
                            "-Wextra",
                            "-Werror",
                            "-fPIC",
                            "-fvisibility=hidden",
                            "-c",
                            source)));
        }
        for (Running each : compilers) {
            each.end();
        }
    }

    private static void link(Path objects, boolean checked, int cuda, Path folder)
            throws IOException, InterruptedException {
        // included by kernels
        Files.copy(objects.resolve("device.h"), folder.resolve("device.h"));
        if (!checked) {
            Files.createFile(folder.resolve("unchecked"));
        }
        library(objects, folder, "libcuda.so.1", DRIVER);
        library(objects, folder, "libnvrtc.so." + cuda, List.of("nvrtc"));
        library(objects, folder, "libcublas.so." + cuda, List.of("blas"), "libcuda.so.1");
        library(objects, folder, "libcudnn.so.9", List.of("dnn"), "libcuda.so.1");
        for (String part : DNN_PARTS) {
            Files.createFile(folder.resolve(part));
        }
    }

    /** Links a library. JCuda's natives require symbol versions named like the library, except for the driver. */
    private static void library(Path objects, Path folder, String name, List<String> sources, String... libraries)
            throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of("g++", "-shared", "-Wl,-soname," + name, "-o", name));
        if (!name.startsWith("libcuda.")) {
            Path map = folder.resolve(name + ".map");
            Files.writeString(
                    map, Files.readString(objects.resolve("versions.map")).replace("@NAME@", name));
            command.add("-Wl,--version-script=" + map);
        }
        sources.forEach(source -> command.add(objects.resolve(source + ".o").toString()));
        command.addAll(List.of(libraries));
        command.add("-ldl");
        run(folder, command);
    }

    private static String run(Path folder, List<String> command) throws IOException, InterruptedException {
        return start(folder, command).end();
    }

    /** A running program; its output goes to a file, so that it never waits for a reader. */
    private record Running(Process process, List<String> command, Path output) {
        /** Waits for its end. @return its output */
        String end() throws IOException, InterruptedException {
            int code = process.waitFor();
            String said = Files.readString(output);
            Files.delete(output);
            if (code != 0) {
                throw new IllegalStateException(String.join(" ", command) + " failed:\n" + said);
            }
            return said;
        }
    }

    private static Running start(Path folder, List<String> command) throws IOException {
        Path output = Files.createTempFile("stand-in", ".log");
        Process process = new ProcessBuilder(command)
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
        return new Running(process, command, output);
    }

    private static String hash(String compiler) throws IOException {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            digest.update(compiler.getBytes(StandardCharsets.UTF_8));
            for (String file :
                    Stream.concat(HEADERS.stream(), sources().stream()).toList()) {
                try (InputStream in = StandIn.class.getResourceAsStream(file)) {
                    digest.update(in.readAllBytes());
                }
            }
            return HexFormat.of().formatHex(digest.digest()).substring(0, 16);
        } catch (java.security.NoSuchAlgorithmException e) {
            throw new IllegalStateException("this Java has no SHA-256", e);
        }
    }

    /** Sets the memory of the card. */
    public static void deviceMemory(long bytes) {
        JCudaDriver.cuCtxSetLimit(DEVICE_MEMORY, bytes);
    }

    /** Sets its compute capability, times ten. */
    public static void computeCapability(int tens) {
        JCudaDriver.cuCtxSetLimit(COMPUTE_CAPABILITY, tens);
    }

    /** Sets the number of cards. */
    public static void devices(int count) {
        JCudaDriver.cuCtxSetLimit(DEVICES, count);
    }

    /** Sets the CUDA version that the driver supports, as in 12060. */
    public static void driverVersion(int version) {
        JCudaDriver.cuCtxSetLimit(DRIVER_VERSION, version);
    }
}
