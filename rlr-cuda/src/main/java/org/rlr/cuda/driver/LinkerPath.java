package org.rlr.cuda.driver;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Finds out whether the linker would find a library, without loading it. */
final class LinkerPath {
    private static final Path LINKER_CACHE = Path.of("/etc/ld.so.cache");
    private static final Path OWN_LIBRARIES = Path.of("/proc/self/maps");

    private LinkerPath() {}

    /** Searches like the linker: loaded libraries, LD_LIBRARY_PATH, the linker's cache, the standard folders. */
    static boolean present(String library) {
        return contains(OWN_LIBRARIES, library)
                || inFolders(System.getenv("LD_LIBRARY_PATH"), library)
                || contains(LINKER_CACHE, library)
                || inFolders(
                        "/lib/x86_64-linux-gnu:/usr/lib/x86_64-linux-gnu:/lib64:/usr/lib64:/lib:/usr/lib", library);
    }

    static boolean inFolders(@Nullable String path, String library) {
        return path != null
                && Stream.of(path.split(File.pathSeparator))
                        .anyMatch(f -> !f.isEmpty() && Files.exists(Path.of(f, library)));
    }

    /** The folder of a library that this process has loaded; empty if it has not loaded it. */
    static Optional<Path> folderOf(String library) {
        try (Stream<String> lines = Files.lines(OWN_LIBRARIES, StandardCharsets.ISO_8859_1)) {
            return lines.filter(l -> l.contains("/" + library))
                    .map(l -> Path.of(l.substring(l.indexOf('/'))).getParent())
                    .findFirst();
        } catch (IOException unreadable) {
            return Optional.empty();
        }
    }

    static boolean contains(Path file, String name) {
        try {
            return new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1).contains(name);
        } catch (IOException unreadable) {
            return false;
        }
    }
}
