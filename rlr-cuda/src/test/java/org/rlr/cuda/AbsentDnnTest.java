package org.rlr.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rlr.cuda.CudaProcess.Output;
import org.rlr.cuda.standin.StandIn;

/**
 * Without cuDNN, or with only parts of it, convolutions still work, and the description has the reason. Runs in
 * separate processes with the stand-in's other libraries.
 */
class AbsentDnnTest {
    @TempDir
    private Path folder;

    private Path libraries(String... more) throws Exception {
        Path all = StandIn.folder(12);
        Path some = Files.createDirectory(folder.resolve("libraries"));
        for (String file : List.of("libcuda.so.1", "libnvrtc.so.12", "libcublas.so.12", "device.h", "unchecked")) {
            Files.copy(all.resolve(file), some.resolve(file));
        }
        for (String file : more) {
            Files.copy(all.resolve(file), some.resolve(file));
        }
        return some.toRealPath();
    }

    private void computed(Path libraries, String convolutions, String... options) throws Exception {
        Output child =
                CudaProcess.compute(libraries.toString(), StandIn.folder(12).resolve("kernels"), options);
        assertEquals(0, child.code(), child.text());
        assertTrue(child.text().contains(", convolutions by " + convolutions + ")\n"), child.text());
    }

    @Test
    void withoutItsLibrary() throws Exception {
        computed(
                libraries(),
                "own kernels (libcudnn.so.9 was not found; install cuDNN 9 or name its folder in LD_LIBRARY_PATH)");
    }

    @Test
    void withoutAPartThatTheLibraryLoads() throws Exception {
        Path libraries = libraries("libcudnn.so.9", "libcudnn_graph.so.9");
        computed(
                libraries,
                "own kernels (libcudnn_ops.so.9, a part of cuDNN, was not found beside "
                        + libraries.resolve("libcudnn.so.9") + "; reinstall cuDNN 9 with all its parts)");
    }

    @Test
    void switchedOff() throws Exception {
        computed(
                libraries("libcudnn.so.9", "libcudnn_graph.so.9", "libcudnn_ops.so.9", "libcudnn_cnn.so.9"),
                "own kernels (cuDNN is switched off)",
                "-Drlr.cuda.cudnn=false");
    }
}
