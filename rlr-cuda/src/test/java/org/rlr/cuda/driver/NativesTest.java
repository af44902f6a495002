package org.rlr.cuda.driver;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

/** What a user is told about a library that cannot be loaded. */
class NativesTest {
    @Test
    void theLinkersMessageBecomesASentence() {
        assertEquals("there is no NVIDIA driver (libcuda.so.1 was not found); install it, or use the cpu backend",
                Natives.explain("libJCudaDriver.so: libcuda.so.1: cannot open shared object file: No such file or directory"));
        assertEquals("libcublas.so.12 was not found; install the libraries of CUDA 12 or name their folder in LD_LIBRARY_PATH",
                Natives.explain("libJCublas2.so: libcublas.so.12: cannot open shared object file: No such file or directory"));
        assertEquals("a native library cannot be loaded: undefined symbol: cuInit", Natives.explain("undefined symbol: cuInit\nmore"));
        assertEquals("12.6", Natives.version(12060));
    }
}
