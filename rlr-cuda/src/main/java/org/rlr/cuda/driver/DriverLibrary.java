package org.rlr.cuda.driver;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/** Whether the linker can find the NVIDIA driver: so that where there is none, as on most machines, no native code is unpacked to learn it. */
final class DriverLibrary {
    static final String NAME = "libcuda.so.1";

    private static final Path LINKER_CACHE = Path.of("/etc/ld.so.cache");
    private static final Path OWN_LIBRARIES = Path.of("/proc/self/maps");

    private DriverLibrary() {
    }

    /** Looks where the linker does: among what is loaded already, in LD_LIBRARY_PATH, in its cache, in the standard folders. */
    static boolean present() {
        return contains(OWN_LIBRARIES, NAME) || inFolders(System.getenv("LD_LIBRARY_PATH")) || contains(LINKER_CACHE, NAME)
                || inFolders("/lib/x86_64-linux-gnu:/usr/lib/x86_64-linux-gnu:/lib64:/usr/lib64:/lib:/usr/lib");
    }

    static boolean inFolders(String path) {
        return path != null && Stream.of(path.split(File.pathSeparator)).anyMatch(f -> !f.isEmpty() && Files.exists(Path.of(f, NAME)));
    }

    static boolean contains(Path file, String name) {
        try {
            return new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1).contains(name);
        } catch (IOException unreadable) {
            return false;
        }
    }
}
