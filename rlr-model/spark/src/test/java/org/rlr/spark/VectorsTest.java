package org.rlr.spark;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.rlr.tensor.ResourceException;
import org.rlr.tensor.backend.Backend;
import org.rlr.tensor.backend.BackendSettings;
import org.rlr.tensor.backend.Backends;

class VectorsTest {
    /** Runs in its own JVM. */
    public static final class Executor {
        public static void main(String[] arguments) {
            try (Backend backend = Backends.open("cpu", BackendSettings.DEFAULTS)) {
                Vectors.require(backend);
                System.out.println("fast enough");
            } catch (ResourceException e) {
                System.out.println(e.getMessage());
            }
        }
    }

    private static String executor(String... options) throws IOException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of(options));
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), Executor.class.getName()));
        Process process = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
    }

    @Test
    void slowKernelsAreAnErrorUnlessTheyAreAskedFor() throws IOException {
        assertTrue(executor().contains("spark.executor.extraJavaOptions=--add-modules=jdk.incubator.vector"));
        assertEquals("fast enough", executor("--add-modules=jdk.incubator.vector"));
        assertEquals("fast enough", executor("-Drlr.cpu.kernels=scalar"));
    }
}
