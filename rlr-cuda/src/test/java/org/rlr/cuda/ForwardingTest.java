package org.rlr.cuda;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rlr.cuda.standin.StandIn;
import org.rlr.tensor.Shape;
import org.rlr.tensor.backend.Backend;
import org.rlr.tensor.backend.Backends;
import org.rlr.tensor.backend.View;

/** cuda13/forward, with the stand-in as libraries of CUDA 13, in processes of their own. */
class ForwardingTest {
    private static final Path SCRIPT = Path.of("cuda13", "forward").toAbsolutePath();
    private static final Pattern CALL = Pattern.compile("\\b(?:JNvrtc|JCublas2)\\.(nvrtc\\w+|cublas\\w+)\\(");
    private static final Pattern EXPORT = Pattern.compile("export LD_LIBRARY_PATH='([^']*)'.*");

    @TempDir
    private Path folder;

    @Test
    void cudaOfAnotherNumberComputes() throws Exception {
        Path cuda13 = StandIn.folder(13);
        Path ours = folder.resolve("for ward");
        Output built = run(Map.of(), List.of(SCRIPT.toString(), ours.toString(), cuda13.toString()));
        Matcher export = EXPORT.matcher(built.lines().get(built.lines().size() - 1));
        assertTrue(built.code == 0 && export.matches(), built.text);
        assertEquals(ours.toRealPath() + ":" + cuda13.toRealPath(), export.group(1));
        Output child = run(Map.of("LD_LIBRARY_PATH", export.group(1)), List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Drlr.cuda.precision=fp32", "-Drlr.cuda.cache=" + folder.resolve("kernels"), "-cp", System.getProperty("java.class.path"), Product.class.getName()));
        assertEquals(0, child.code, child.text);
        List<Path> libraries = child.lines().stream().filter(l -> l.startsWith("/")).map(Path::of).toList();
        assertTrue(libraries.containsAll(List.of(ours.toRealPath().resolve("libnvrtc.so.12"), ours.toRealPath().resolve("libcublas.so.12"),
                cuda13.toRealPath().resolve("libnvrtc.so.13"), cuda13.toRealPath().resolve("libcublas.so.13"))), child.text);
    }

    @Test
    void whatIsMissingIsSaid() throws Exception {
        Path cuda13 = StandIn.folder(13);
        Path partial = Files.createDirectory(folder.resolve("partial"));
        List<String> command = List.of(SCRIPT.toString(), folder.resolve("built").toString(), partial.toString());
        Output none = run(Map.of(), command);
        assertTrue(none.code == 1 && none.text.contains("libnvrtc.so.13 was not found; name its folder"), none.text);
        // a library that there is, but not the right one
        Files.copy(cuda13.resolve("libcublas.so.13"), partial.resolve("libcublas.so.13"));
        Files.copy(cuda13.resolve("libcublas.so.13"), partial.resolve("libnvrtc.so.13"));
        Output wrong = run(Map.of(), command);
        assertTrue(wrong.code == 1 && wrong.text.contains("libnvrtc.so.13 has no function nvrtc"), wrong.text);
        Output compiler = run(Map.of("CC", "no-such-compiler"), command);
        assertTrue(compiler.code == 1 && compiler.text.contains("there is no C compiler 'no-such-compiler'"), compiler.text);
        try (Stream<Path> files = Files.list(folder.resolve("built"))) {
            assertEquals(List.of(), files.toList());
        }
    }

    /** A function that is not forwarded ends the process at its first call, which may be on a path that no test takes. */
    @Test
    void everyFunctionThatIsCalledIsForwarded() throws IOException {
        String script = Files.readString(SCRIPT);
        Set<String> called;
        try (Stream<Path> sources = Files.walk(Path.of("src", "main", "java"))) {
            called = sources.filter(Files::isRegularFile).flatMap(f -> CALL.matcher(read(f)).results()).map(m -> m.group(1).replace("_new", "")).collect(Collectors.toSet());
        }
        assertTrue(called.containsAll(Set.of("nvrtcCompileProgram", "cublasGemmEx")), called.toString());
        for (String function : called) {
            assertTrue(Pattern.compile("\\b" + function + "(_v2)?\\b").matcher(script).find(), function + " is called and not forwarded");
        }
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private record Output(int code, String text) {
        List<String> lines() {
            return text.lines().toList();
        }
    }

    private static Output run(Map<String, String> environment, List<String> command) throws IOException, InterruptedException {
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().putAll(environment);
        Process process = builder.start();
        String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return new Output(process.waitFor(), text);
    }

    /** Compiles kernels and multiplies, one matrix and a batch, as the CPU does; then prints the libraries of both numbers that it has loaded. */
    static final class Product {
        private Product() {
        }

        public static void main(String[] args) throws IOException {
            for (Shape shape : List.of(Shape.of(33, 33), Shape.of(3, 20, 20))) {
                assertArrayEquals(square("cpu", shape), square("cuda", shape), 1e-4f);
            }
            Files.readAllLines(Path.of("/proc/self/maps")).stream().filter(l -> l.contains(".so.12") || l.contains(".so.13")).map(l -> l.substring(l.indexOf('/')))
                    .distinct().forEach(System.out::println);
        }

        private static float[] square(String device, Shape shape) {
            float[] result = new float[shape.elements()];
            try (Backend backend = Backends.open(device, 1)) {
                View x = new View(backend.allocate(shape.elements()), 0, shape);
                View y = new View(backend.allocate(shape.elements()), 0, shape);
                backend.normal(x, 20240917, 1);
                backend.matmul(x, false, x, true, 1, y, false);
                backend.download(y, result, 0);
            }
            return result;
        }
    }
}
