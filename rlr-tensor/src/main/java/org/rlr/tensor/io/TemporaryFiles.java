package org.rlr.tensor.io;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Temporary files that are renamed to their targets when complete. Their names contain the writing process, so that
 * files of killed processes can be removed: {@code .rlr-<where>-<pid>-<random>.tmp}.
 */
final class TemporaryFiles {
    private static final System.Logger LOG = System.getLogger(TemporaryFiles.class.getName());
    private static final Pattern NAME = Pattern.compile("\\.rlr-([0-9a-f]{12})-(\\d+)-[-0-9a-f]+\\.tmp");
    /** Longer than any write. */
    private static final Duration FORGOTTEN = Duration.ofDays(7);

    /** The files of this process, removed on a normal exit. */
    private static final Set<Path> UNFINISHED = ConcurrentHashMap.newKeySet();
    /** Folders already cleaned. */
    private static final Set<Path> SWEPT = ConcurrentHashMap.newKeySet();

    static {
        Thread remover = new Thread(() -> UNFINISHED.forEach(TemporaryFiles::deleteQuietly), "temporary-files");
        try {
            Runtime.getRuntime().addShutdownHook(remover);
        } catch (IllegalStateException e) {
            // the process is ending, so this file is not removed at exit
            LOG.log(System.Logger.Level.DEBUG, "first write at shutdown", e);
        }
    }

    private TemporaryFiles() {}

    /** Identifies the scope of process ids: this boot of the machine and its process namespace. */
    private static final class Here {
        static final String KEY = key();

        private static String key() {
            String place;
            try {
                place = Files.readString(Path.of("/proc/sys/kernel/random/boot_id"))
                        + Files.readSymbolicLink(Path.of("/proc/self/ns/pid"));
            } catch (IOException | RuntimeException e) {
                try {
                    place = InetAddress.getLocalHost().getHostName();
                } catch (IOException none) {
                    place = UUID.randomUUID().toString();
                }
            }
            return new Sha256()
                    .add(place.getBytes(StandardCharsets.UTF_8))
                    .hex()
                    .substring(0, 12);
        }
    }

    /**
     * Creates an empty file beside a target, with the permissions of the file to be replaced, if any. Removes left-over
     * files first.
     */
    static Path create(Path folder, Path target) throws IOException {
        if (SWEPT.add(folder)) {
            sweep(folder);
        }
        Path file = unfinished(folder);
        try {
            PosixFileAttributes replaced = attributes(target);
            if (replaced == null) {
                Files.createFile(file);
            } else {
                // private until the final permissions are known
                Files.createFile(
                        file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
                copy(replaced, file);
            }
            return file;
        } catch (IOException | RuntimeException e) {
            delete(file);
            throw e;
        }
    }

    /** Creates an empty folder inside another, to be renamed when it is complete. */
    static Path createFolder(Path parent) throws IOException {
        Path folder = unfinished(parent);
        try {
            return Files.createDirectory(folder);
        } catch (IOException | RuntimeException e) {
            UNFINISHED.remove(folder);
            throw e;
        }
    }

    private static Path unfinished(Path folder) {
        Path path = folder.resolve(
                ".rlr-" + Here.KEY + "-" + ProcessHandle.current().pid() + "-" + UUID.randomUUID() + ".tmp");
        UNFINISHED.add(path);
        return path;
    }

    private static @Nullable PosixFileAttributes attributes(Path target) throws IOException {
        PosixFileAttributeView view = Files.getFileAttributeView(target, PosixFileAttributeView.class);
        return view == null || !Files.exists(target) ? null : view.readAttributes();
    }

    private static void copy(PosixFileAttributes from, Path to) throws IOException {
        PosixFileAttributeView view = Files.getFileAttributeView(to, PosixFileAttributeView.class);
        PosixFileAttributes now = view.readAttributes();
        Set<PosixFilePermission> permissions = from.permissions();
        if (!now.group().equals(from.group())) {
            try {
                view.setGroup(from.group());
            } catch (IOException e) {
                // the old group's permissions must not pass to another group
                permissions.removeAll(Set.of(
                        PosixFilePermission.GROUP_READ,
                        PosixFilePermission.GROUP_WRITE,
                        PosixFilePermission.GROUP_EXECUTE));
            }
        }
        if (!now.owner().equals(from.owner())) {
            try {
                view.setOwner(from.owner());
            } catch (IOException e) {
                // only the superuser can change a file's owner
                LOG.log(System.Logger.Level.DEBUG, "the owner of {0} is not that of the file it replaces", to);
            }
        }
        view.setPermissions(permissions);
    }

    /** Removes a file, or a folder with its content. */
    static void delete(Path path) throws IOException {
        if (Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS)) {
            List<Path> all;
            try (Stream<Path> walk = Files.walk(path)) {
                all = walk.sorted(Comparator.reverseOrder()).toList();
            } catch (UncheckedIOException e) {
                throw e.getCause();
            }
            for (Path each : all) {
                Files.deleteIfExists(each);
            }
        } else {
            Files.deleteIfExists(path);
        }
        UNFINISHED.remove(path);
    }

    private static void deleteQuietly(Path path) {
        try {
            delete(path);
        } catch (IOException e) {
            // the next process removes it
            LOG.log(System.Logger.Level.DEBUG, "cannot remove " + path, e);
        }
    }

    /** Removes left-over files of ended processes. */
    static void sweep(Path folder) {
        try (DirectoryStream<Path> files = Files.newDirectoryStream(folder, ".rlr-*.tmp")) {
            for (Path file : files) {
                if (ownerless(file)) {
                    delete(file);
                }
            }
        } catch (IOException | DirectoryIteratorException e) {
            LOG.log(System.Logger.Level.DEBUG, "cannot look for left-over files in " + folder, e);
        }
    }

    private static boolean ownerless(Path file) throws IOException {
        FileTime changed = Files.getLastModifiedTime(file);
        if (changed.toInstant().isBefore(Instant.now().minus(FORGOTTEN))) {
            return true;
        }
        Matcher name = NAME.matcher(file.getFileName().toString());
        if (!name.matches() || !name.group(1).equals(Here.KEY)) {
            return false;
        }
        long pid = Long.parseLong(name.group(2));
        Optional<ProcessHandle> owner = ProcessHandle.of(pid);
        return owner.isEmpty()
                // a later process with the same id
                || owner.get()
                        .info()
                        .startInstant()
                        .map(changed.toInstant()::isBefore)
                        .orElse(false);
    }
}
