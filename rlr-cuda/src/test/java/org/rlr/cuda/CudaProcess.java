package org.rlr.cuda;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.rlr.tensor.Shape;
import org.rlr.tensor.backend.Activation;
import org.rlr.tensor.backend.Backend;
import org.rlr.tensor.backend.BackendSettings;
import org.rlr.tensor.backend.Backends;
import org.rlr.tensor.backend.ConvGeometry;
import org.rlr.tensor.backend.View;

/** A separate process whose linker finds the libraries of CUDA in given folders: a process cannot unload libraries. */
public final class CudaProcess {
    private CudaProcess() {}

    /** The output of a process on both streams, and its exit code. */
    public record Output(int code, String text) {
        /** The lines of the text. */
        public List<String> lines() {
            return text.lines().toList();
        }
    }

    /** Runs a command to its end, with variables added to this process's environment. */
    public static Output run(Map<String, String> environment, List<String> command)
            throws IOException, InterruptedException {
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().putAll(environment);
        Process process = builder.start();
        String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return new Output(process.waitFor(), text);
    }

    /** Runs {@link Main} with an LD_LIBRARY_PATH and a folder for compiled kernels. */
    static Output compute(String libraries, Path kernels, String... options) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-Drlr.cuda.cache=" + kernels));
        command.addAll(List.of(options));
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), Main.class.getName()));
        return run(Map.of("LD_LIBRARY_PATH", libraries), command);
    }

    /**
     * Compiles kernels, multiplies one matrix and a batch, and convolves, and compares with the CPU; then prints the
     * backend and its loaded CUDA libraries.
     */
    static final class Main {
        private static final BackendSettings EXACT = BackendSettings.DEFAULTS.withPrecision("fp32");

        private Main() {}

        public static void main(String[] args) throws IOException {
            for (Shape shape : List.of(Shape.of(33, 33), Shape.of(3, 20, 20))) {
                assertArrayEquals(square("cpu", shape), square("cuda", shape), 1e-4f);
            }
            assertArrayEquals(convolution("cpu"), convolution("cuda"), 1e-4f);
            try (Backend backend = Backends.open("cuda", EXACT)) {
                System.out.println(backend.description());
            }
            Files.readAllLines(Path.of("/proc/self/maps")).stream()
                    .filter(l -> l.matches(".*\\.so\\.(9|12|13)$"))
                    .map(l -> l.substring(l.indexOf('/')))
                    .distinct()
                    .forEach(System.out::println);
        }

        private static float[] square(String device, Shape shape) {
            try (Backend backend = Backends.open(device, EXACT)) {
                View x = normals(backend, shape);
                View y = normals(backend, shape);
                backend.matmul(x, false, x, true, 1, y, false);
                return values(backend, y);
            }
        }

        private static float[] convolution(String device) {
            try (Backend backend = Backends.open(device, EXACT)) {
                View y = normals(backend, Shape.of(2, 4, 3, 6));
                backend.conv2d(
                        normals(backend, Shape.of(2, 8, 5, 4)),
                        normals(backend, Shape.of(6, 3, 3, 4)),
                        normals(backend, Shape.of(6)),
                        ConvGeometry.same(3, 2, 1),
                        Activation.RELU,
                        y);
                return values(backend, y);
            }
        }

        private static View normals(Backend backend, Shape shape) {
            View view = new View(backend.allocate(shape.elements()), 0, shape);
            backend.normal(view, 20240917, 1);
            return view;
        }

        private static float[] values(Backend backend, View view) {
            float[] result = new float[view.elements()];
            backend.download(view, result, 0);
            return result;
        }
    }
}
