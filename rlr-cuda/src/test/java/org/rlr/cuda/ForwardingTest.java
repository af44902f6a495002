package org.rlr.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
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
import org.rlr.cuda.CudaProcess.Output;
import org.rlr.cuda.standin.StandIn;

/** cuda13/forward, with the stand-in as the libraries of CUDA 13, in separate processes. */
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
        Output built = CudaProcess.run(Map.of(), List.of(SCRIPT.toString(), ours.toString(), cuda13.toString()));
        Matcher export = EXPORT.matcher(built.lines().get(built.lines().size() - 1));
        assertTrue(built.code() == 0 && export.matches(), built.text());
        assertEquals(ours.toRealPath() + ":" + cuda13.toRealPath(), export.group(1));
        Output child = CudaProcess.compute(export.group(1), folder.resolve("kernels"));
        assertEquals(0, child.code(), child.text());
        List<Path> libraries = child.lines().stream()
                .filter(l -> l.startsWith("/"))
                .map(Path::of)
                .toList();
        assertTrue(
                libraries.containsAll(List.of(
                        ours.toRealPath().resolve("libnvrtc.so.12"),
                        ours.toRealPath().resolve("libcublas.so.12"),
                        cuda13.toRealPath().resolve("libnvrtc.so.13"),
                        cuda13.toRealPath().resolve("libcublas.so.13"),
                        cuda13.toRealPath().resolve("libcudnn.so.9"))),
                child.text());
        assertTrue(child.text().contains("convolutions by cuDNN 9.5.1)"), child.text());
    }

    @Test
    void cudnnMayLieElsewhereOrBeMissing() throws Exception {
        Path all = StandIn.folder(13);
        Path cuda13 = Files.createDirectory(folder.resolve("cuda13"));
        for (String library : List.of("libnvrtc.so.13", "libcublas.so.13")) {
            Files.copy(all.resolve(library), cuda13.resolve(library));
        }
        Path ours = folder.resolve("ours");
        Output without = CudaProcess.run(Map.of(), List.of(SCRIPT.toString(), ours.toString(), cuda13.toString()));
        assertTrue(
                without.code() == 0
                        && without.text()
                                .contains("libcudnn.so.9 was not found; convolutions are computed by own kernels"),
                without.text());
        Path cudnn = Files.createDirectory(folder.resolve("cudnn"));
        Files.copy(all.resolve("libcudnn.so.9"), cudnn.resolve("libcudnn.so.9"));
        Output with = CudaProcess.run(
                Map.of(), List.of(SCRIPT.toString(), ours.toString(), cudnn.toString(), cuda13.toString()));
        Matcher export = EXPORT.matcher(with.lines().get(with.lines().size() - 1));
        assertTrue(with.code() == 0 && export.matches() && !with.text().contains("not found"), with.text());
        assertEquals(ours.toRealPath() + ":" + cudnn.toRealPath() + ":" + cuda13.toRealPath(), export.group(1));
    }

    @Test
    void whatIsMissingIsSaid() throws Exception {
        Path cuda13 = StandIn.folder(13);
        Path partial = Files.createDirectory(folder.resolve("partial"));
        List<String> command =
                List.of(SCRIPT.toString(), folder.resolve("built").toString(), partial.toString());
        Output none = CudaProcess.run(Map.of(), command);
        assertTrue(
                none.code() == 1 && none.text().contains("libnvrtc.so.13 was not found; name its folder"), none.text());
        // a wrong library under the right name
        Files.copy(cuda13.resolve("libcublas.so.13"), partial.resolve("libcublas.so.13"));
        Files.copy(cuda13.resolve("libcublas.so.13"), partial.resolve("libnvrtc.so.13"));
        Output wrong = CudaProcess.run(Map.of(), command);
        assertTrue(wrong.code() == 1 && wrong.text().contains("libnvrtc.so.13 has no function nvrtc"), wrong.text());
        Output compiler = CudaProcess.run(Map.of("CC", "no-such-compiler"), command);
        assertTrue(
                compiler.code() == 1 && compiler.text().contains("there is no C compiler 'no-such-compiler'"),
                compiler.text());
        try (Stream<Path> files = Files.list(folder.resolve("built"))) {
            assertEquals(List.of(), files.toList());
        }
    }

    /** A function that is not forwarded ends the process at its first call, which no test may reach. */
    @Test
    void everyFunctionThatIsCalledIsForwarded() throws IOException {
        String script = Files.readString(SCRIPT);
        Set<String> called;
        try (Stream<Path> sources = Files.walk(Path.of("src", "main", "java"))) {
            called = sources.filter(Files::isRegularFile)
                    .flatMap(f -> CALL.matcher(read(f)).results())
                    .map(m -> m.group(1).replace("_new", ""))
                    .collect(Collectors.toSet());
        }
        assertTrue(called.containsAll(Set.of("nvrtcCompileProgram", "cublasGemmEx")), called.toString());
        for (String function : called) {
            assertTrue(
                    Pattern.compile("\\b" + function + "(_v2)?\\b")
                            .matcher(script)
                            .find(),
                    function + " is called and not forwarded");
        }
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }
}
