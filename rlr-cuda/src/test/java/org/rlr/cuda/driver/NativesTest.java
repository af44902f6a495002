package org.rlr.cuda.driver;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Messages about libraries that cannot be loaded. */
class NativesTest {
    @Test
    void theLinkersMessageBecomesASentence() {
        assertEquals(
                "there is no NVIDIA driver (libcuda.so.1 was not found); install it, or use the cpu backend",
                Natives.explain(
                        "libJCudaDriver.so: libcuda.so.1: cannot open shared object file: No such file or directory"));
        assertEquals(
                "libcublas.so.12 was not found; install the libraries of CUDA 12 or name their folder in "
                        + "LD_LIBRARY_PATH (where there is CUDA 13: cuda13/forward, "
                        + "docs/how-to/gpu.md)",
                Natives.explain(
                        "libJCublas2.so: libcublas.so.12: cannot open shared object file: No such file or directory"));
        assertEquals(
                "libcublasLt.so.13 was not found; name its folder in LD_LIBRARY_PATH",
                Natives.explain("libJCublas2.so: libcublasLt.so.13: cannot open shared object file: No such file or "
                        + "directory"));
        assertEquals(
                "libcudnn.so.9 was not found; install cuDNN 9 or name its folder in LD_LIBRARY_PATH",
                Natives.explain(
                        "libJCudnn.so: libcudnn.so.9: cannot open shared object file: No such file or directory"));
        assertEquals(
                "a native library cannot be loaded: undefined symbol: cuInit",
                Natives.explain("undefined symbol: cuInit\nmore"));
        assertEquals("12.6", Natives.version(12060));
    }

    /** The real cuDNN ends the process at its first call. */
    @Test
    void aCudnnWithoutOneOfItsPartsIsNotCalled(@TempDir Path folder) throws IOException {
        List<String> parts = List.of("libcudnn_first.so.9", "libcudnn_second.so.9");
        Files.createFile(folder.resolve("libcudnn_first.so.9"));
        assertEquals(
                "libcudnn_second.so.9, a part of cuDNN, was not found beside " + folder.resolve("libcudnn.so.9")
                        + "; reinstall cuDNN 9 with all its parts",
                Natives.incomplete(folder, parts));
        Files.createFile(folder.resolve("libcudnn_second.so.9"));
        assertNull(Natives.incomplete(folder, parts));
    }

    @Test
    void theDriverIsLookedForInFoldersAndFiles(@TempDir Path folder) throws IOException {
        Path empty = Files.createDirectory(folder.resolve("empty"));
        assertFalse(LinkerPath.inFolders(empty + ":" + folder, "libcuda.so.1"));
        assertFalse(LinkerPath.inFolders(null, "libcuda.so.1"));
        assertFalse(LinkerPath.inFolders("", "libcuda.so.1"));
        Files.createFile(folder.resolve("libcuda.so.1"));
        assertTrue(LinkerPath.inFolders(empty + "::" + folder, "libcuda.so.1"));
        Path cache = Files.write(
                folder.resolve("cache"), "\1\0libc.so.6\0libcuda.so.1\0".getBytes(StandardCharsets.ISO_8859_1));
        assertTrue(LinkerPath.contains(cache, "libcuda.so.1"));
        assertFalse(LinkerPath.contains(cache, "libcudart.so.12"));
        assertFalse(LinkerPath.contains(folder.resolve("absent"), "libcuda.so.1"));
    }
}
