package org.rlr.cuda.driver;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermission;
import java.util.Optional;
import java.util.Set;
import org.rlr.tensor.io.Sha256;

/**
 * Compiled kernels on disk, in {@code ~/.cache/rlr/kernels} or the folder that the system property {@value #PROPERTY}
 * names. A file's name is the hash of everything that decides its contents, so an outdated file is never used. Without
 * a readable or writable cache, only time is lost.
 */
final class KernelCache {
    static final String PROPERTY = "rlr.cuda.cache";
    private static final System.Logger LOG = System.getLogger(KernelCache.class.getName());

    private final Path folder;
    private final boolean trusted;

    KernelCache() {
        String named = System.getProperty(PROPERTY);
        folder = named != null ? Path.of(named) : Path.of(System.getProperty("user.home"), ".cache", "rlr", "kernels");
        trusted = !writableByOthers(folder);
        if (!trusted) {
            LOG.log(
                    System.Logger.Level.WARNING,
                    "the cache of compiled kernels in {0} is not used: other users may write there; remove that"
                            + " permission",
                    folder);
        }
    }

    /** Whether other users could have put code there; checks POSIX permissions only. */
    static boolean writableByOthers(Path folder) {
        try {
            if (!Files.exists(folder)) {
                return false;
            }
            Set<PosixFilePermission> permissions = Files.getPosixFilePermissions(folder);
            String user = System.getProperty("user.name");
            return permissions.contains(PosixFilePermission.OTHERS_WRITE)
                    || permissions.contains(PosixFilePermission.GROUP_WRITE)
                    // in a container the user may have no name
                    || (!user.equals("?") && !Files.getOwner(folder).getName().equals(user));
        } catch (IOException | UnsupportedOperationException e) {
            return false;
        }
    }

    /** The cache key for these texts. */
    static String key(String... texts) {
        Sha256 digest = new Sha256();
        for (String text : texts) {
            byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
            // the length distinguishes "ab", "c" from "a", "bc"
            digest.add((bytes.length + ":").getBytes(StandardCharsets.UTF_8)).add(bytes);
        }
        return digest.hex();
    }

    Optional<byte[]> read(String key) {
        if (!trusted) {
            return Optional.empty();
        }
        Path file = folder.resolve(key + ".cubin");
        try {
            return Files.exists(file) ? Optional.of(Files.readAllBytes(file)) : Optional.empty();
        } catch (IOException e) {
            LOG.log(System.Logger.Level.DEBUG, "compiled kernel {0} cannot be read: {1}", file, e);
            return Optional.empty();
        }
    }

    /** Writes atomically: readers see the whole file or none. */
    void write(String key, byte[] cubin) {
        if (!trusted) {
            return;
        }
        try {
            Files.createDirectories(folder);
            Path temporary = Files.createTempFile(folder, key, ".tmp");
            try {
                Files.write(temporary, cubin);
                Files.move(temporary, folder.resolve(key + ".cubin"), StandardCopyOption.ATOMIC_MOVE);
            } finally {
                Files.deleteIfExists(temporary);
            }
        } catch (IOException e) {
            LOG.log(System.Logger.Level.DEBUG, "compiled kernels cannot be kept in {0}: {1}", folder, e);
        }
    }

    void forget(String key) {
        try {
            Files.deleteIfExists(folder.resolve(key + ".cubin"));
        } catch (IOException e) {
            LOG.log(System.Logger.Level.DEBUG, "compiled kernel {0} cannot be deleted: {1}", key, e);
        }
    }
}
