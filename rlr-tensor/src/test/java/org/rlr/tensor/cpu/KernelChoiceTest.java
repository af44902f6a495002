package org.rlr.tensor.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.rlr.tensor.InvalidSettingException;
import org.rlr.tensor.RlrException;
import org.rlr.tensor.backend.Backend;
import org.rlr.tensor.backend.BackendSettings;
import org.rlr.tensor.backend.Backends;

class KernelChoiceTest {
    @Test
    void thePropertyForcesASet() {
        assertEquals("scalar", KernelChoice.choose("scalar").name());
        assertEquals("vector", KernelChoice.choose("vector").name());
        assertEquals("vector", KernelChoice.choose("auto").name());
    }

    @Test
    void anUnknownSetIsRefusedByName() {
        InvalidSettingException e = assertThrows(InvalidSettingException.class, () -> KernelChoice.choose("sse"));
        assertTrue(e.getMessage().contains("'sse'") && e.getMessage().contains(KernelChoice.PROPERTY), e.getMessage());
    }

    @Test
    void theServiceLoaderFindsTheCpu() {
        try (Backend backend = Backends.open("cpu", BackendSettings.DEFAULTS.withThreads(2))) {
            assertTrue(backend.description().startsWith("cpu ("), backend.description());
            assertTrue(backend.description().contains("2 threads"), backend.description());
        }
    }

    /** Starts another JVM, because the module graph of this one is fixed. */
    private static String child(String... options) throws Exception {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of(options));
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), Child.class.getName()));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes());
        process.waitFor();
        return output;
    }

    /** The program of the other JVM. */
    static final class Child {
        private Child() {}

        public static void main(String[] args) {
            try {
                System.out.println("kernels: " + KernelChoice.choose().name());
                System.out.println("again: " + KernelChoice.choose().name());
            } catch (RlrException e) {
                System.out.println("refused: " + e.explanation());
            }
        }
    }

    @Test
    void withoutTheModuleTheScalarKernelsRunAndOneLineSaysWhy() throws Exception {
        String output = child("-Xshare:auto");
        assertTrue(output.contains("kernels: scalar"), output);
        assertTrue(output.contains("--add-modules jdk.incubator.vector"), output);
        assertEquals(output.indexOf("--add-modules"), output.lastIndexOf("--add-modules"), output);
        String forced = child("-D" + KernelChoice.PROPERTY + "=vector");
        assertTrue(forced.contains("refused: ") && forced.contains("--add-modules jdk.incubator.vector"), forced);
    }

    @Test
    void withoutTheOptimisingCompilerTheScalarKernelsRun() throws Exception {
        String module = "--add-modules=jdk.incubator.vector";
        assertTrue(child(module).contains("kernels: vector"));
        assertTrue(child(module, "-XX:TieredStopAtLevel=1").contains("kernels: scalar"));
        assertTrue(child(module, "-Xint").contains("kernels: scalar"));
    }
}
