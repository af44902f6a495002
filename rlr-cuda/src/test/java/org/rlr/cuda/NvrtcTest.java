package org.rlr.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.abort;

import java.io.IOException;
import java.io.InputStream;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import jcuda.CudaException;
import jcuda.nvrtc.JNvrtc;
import jcuda.nvrtc.nvrtcProgram;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rlr.cuda.RegisterTable.Usage;
import org.rlr.cuda.driver.KernelFile;

/**
 * Compiles every kernel file with NVIDIA's compiler, which needs no card. There must be no warning and no spilled
 * register, and no kernel may use more registers than in {@link RegisterTable}. NVRTC comes from the folder
 * {@code -Drlr.nvrtc=DIR}, from the class path ({@code -Pcuda-redist}, a download of 360 MB) or from the linker's path;
 * without it, the test is skipped.
 */
class NvrtcTest {
    private static final List<Integer> ARCHITECTURES = List.of(80, 90, 100);
    private static final String IN_JAR = "/org/bytedeco/cuda/linux-x86_64/";
    private static final Pattern ENTRY = Pattern.compile("Compiling entry function '(\\w+)'");
    private static final Pattern SPILLS =
            Pattern.compile("(\\d+) bytes stack frame, (\\d+) bytes spill stores, (\\d+) bytes spill loads");
    private static final Pattern USED = Pattern.compile("Used (\\d+) registers(?:.*?(\\d+) bytes smem)?");

    @TempDir
    private Path folder;

    @Test
    void everyKernelCompilesWithoutWarningOrSpill() throws IOException, URISyntaxException, InterruptedException {
        loadCompiler();
        int[] count = new int[1];
        JNvrtc.nvrtcGetNumSupportedArchs(count);
        int[] known = new int[count[0]];
        JNvrtc.nvrtcGetSupportedArchs(known);
        List<Integer> architectures = ARCHITECTURES.stream()
                .filter(a -> Arrays.stream(known).anyMatch(k -> k == a))
                .collect(Collectors.toList());
        assertFalse(architectures.isEmpty(), "NVRTC knows none of " + ARCHITECTURES);
        List<Usage> all = compileAll(architectures);
        System.out.print(RegisterTable.text(all));
        for (Usage u : all) {
            assertEquals(0, u.spilled(), u.toString());
            // two blocks of 256 threads (128 on tensor cores) in a multiprocessor's 65536 registers
            assertTrue(
                    u.registers()
                            <= (u.file().startsWith("attention_flash")
                                            || u.file().startsWith("attention_window")
                                    ? 256
                                    : 128),
                    u.toString());
        }
        int[] major = new int[1];
        int[] minor = new int[1];
        JNvrtc.nvrtcVersion(major, minor);
        RegisterTable.guard(all, major[0] + "." + minor[0]);
    }

    /** Compiles each file for each architecture; NVRTC can compile in parallel. */
    private static List<Usage> compileAll(List<Integer> architectures)
            throws IOException, URISyntaxException, InterruptedException {
        ExecutorService threads =
                Executors.newFixedThreadPool(Runtime.getRuntime().availableProcessors());
        try {
            List<Future<List<Usage>>> compilations = new ArrayList<>();
            for (String file : files()) {
                for (int architecture : architectures) {
                    compilations.add(threads.submit(() -> compile(file, architecture)));
                }
            }
            List<Usage> all = new ArrayList<>();
            for (Future<List<Usage>> compilation : compilations) {
                all.addAll(compilation.get());
            }
            return all;
        } catch (ExecutionException e) {
            throw e.getCause() instanceof AssertionError failed ? failed : new AssertionError(e.getCause());
        } finally {
            threads.shutdownNow();
        }
    }

    private static List<String> files() throws IOException, URISyntaxException {
        try (Stream<Path> files = Files.list(
                Path.of(CudaEngine.class.getResource("kernels/prelude.cu").toURI())
                        .getParent())) {
            return files.map(f -> f.getFileName().toString())
                    .filter(f -> !f.equals("prelude.cu"))
                    .sorted()
                    .collect(Collectors.toList());
        }
    }

    private static int declared(String file) {
        return KernelFile.text(CudaEngine.class, file).split("extern \"C\" __global__", -1).length - 1;
    }

    private static List<Usage> compile(String file, int architecture) {
        nvrtcProgram program = new nvrtcProgram();
        JNvrtc.nvrtcCreateProgram(
                program, CudaEngine.prelude() + KernelFile.text(CudaEngine.class, file), file, 0, null, null);
        String[] options = {"--gpu-architecture=sm_" + architecture, "--std=c++17", "--ptxas-options=-v"};
        String[] log = new String[1];
        try {
            JNvrtc.nvrtcCompileProgram(program, options.length, options);
            JNvrtc.nvrtcGetProgramLog(program, log);
        } catch (CudaException e) {
            JNvrtc.nvrtcGetProgramLog(program, log);
            throw new AssertionError(file + " for sm_" + architecture + ": " + e.getMessage() + "\n" + log[0], e);
        } finally {
            JNvrtc.nvrtcDestroyProgram(program);
        }
        assertFalse(log[0].contains("warning"), file + " for sm_" + architecture + ":\n" + log[0]);
        List<Usage> kernels = new ArrayList<>();
        String kernel = null;
        int stack = 0;
        int spilled = 0;
        for (String line : log[0].split("\n")) {
            Matcher m = ENTRY.matcher(line);
            if (m.find()) {
                kernel = m.group(1);
            } else if ((m = SPILLS.matcher(line)).find()) {
                stack = Integer.parseInt(m.group(1));
                spilled = Integer.parseInt(m.group(2)) + Integer.parseInt(m.group(3));
            } else if ((m = USED.matcher(line)).find()) {
                kernels.add(new Usage(
                        file,
                        architecture,
                        kernel,
                        Integer.parseInt(m.group(1)),
                        m.group(2) == null ? 0 : Integer.parseInt(m.group(2)),
                        stack,
                        spilled));
            }
        }
        assertEquals(declared(file), kernels.size(), "kernels of " + file + " for sm_" + architecture);
        return kernels;
    }

    /**
     * Loads NVRTC and its builtins by path; NVRTC looks up its builtins by name, and the linker takes loaded libraries.
     * A given folder or a library on the class path must load. The test is skipped only without both and if the linker
     * finds nothing.
     */
    private void loadCompiler() throws IOException {
        String named = System.getProperty("rlr.nvrtc");
        Path from = named != null ? Path.of(named) : NvrtcTest.class.getResource(IN_JAR) != null ? unpack() : null;
        if (from != null) {
            try (Stream<Path> files = Files.list(from)) {
                files.filter(f -> f.getFileName().toString().matches("libnvrtc-builtins\\.so\\.[\\d.]+"))
                        .forEach(f -> System.load(f.toAbsolutePath().toString()));
            }
            System.load(from.resolve("libnvrtc.so.12").toAbsolutePath().toString());
        }
        try {
            JNvrtc.setExceptionsEnabled(true);
        } catch (UnsatisfiedLinkError e) {
            if (from != null) {
                throw e;
            }
            abort("NVRTC (libnvrtc.so.12) is not installed; run mvn -Pcuda-redist, or set its folder with "
                    + "-Drlr.nvrtc=DIR");
        }
    }

    /** Unpacks only these two libraries of 110 MB; the jar has 570 MB of others. */
    private Path unpack() throws IOException {
        for (String library : List.of("libnvrtc-builtins.so.12.9", "libnvrtc.so.12")) {
            try (InputStream in = NvrtcTest.class.getResourceAsStream(IN_JAR + library)) {
                assertNotNull(in, "the class path has " + IN_JAR + " without " + library);
                Files.copy(in, folder.resolve(library));
            }
        }
        return folder;
    }
}
