package org.rlr.tensor.io;

import java.io.IOException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.rlr.tensor.ResourceException;

/** Checks disk space for files before hours are spent on computing them. */
public final class DiskSpace {
    private DiskSpace() {}

    /**
     * A file that {@link AtomicFile} will write: an existing file is replaced when the new one is complete.
     *
     * @param name the user's name for it: a setting in backticks, or an option
     * @param file its path; a device such as {@code /dev/stdout} needs no space
     * @param bytes its size
     * @param again whether it is rewritten, so that two versions exist at once
     */
    public record Planned(String name, Path file, long bytes, boolean again) {}

    /** Finds the disk of a folder. */
    interface Disks {
        /** Returns the disk; equal for folders on the same disk. */
        Object of(Path folder) throws IOException;

        /** Returns its free bytes; negative if unknown. */
        long free(Object disk) throws IOException;
    }

    private static final Disks REAL = new Disks() {
        @Override
        public Object of(Path folder) throws IOException {
            return Files.getFileStore(folder);
        }

        @Override
        public long free(Object disk) throws IOException {
            FileStore store = (FileStore) disk;
            return store.getTotalSpace() == 0 ? -1 : store.getUsableSpace(); // some virtual file systems have no size
        }
    };

    /**
     * Checks that each disk has space for all its files. A disk with unknown free space is not checked.
     *
     * @param files in the order in which they are written
     * @throws ResourceException if they do not fit (the message has files, sizes and free space), or if a target is a
     *     folder
     */
    public static void require(List<Planned> files) {
        require(files, REAL);
    }

    static void require(List<Planned> files, Disks disks) {
        Map<Object, Share> byDisk = new LinkedHashMap<>();
        for (Planned each : files) {
            AtomicFile.requireNoFolder(each.file);
            Path folder = existingFolder(each.file);
            if (folder == null || (Files.exists(each.file) && !Files.isRegularFile(each.file))) {
                continue;
            }
            try {
                byDisk.computeIfAbsent(disks.of(folder), disk -> new Share(folder, new ArrayList<>()))
                        .files
                        .add(each);
            } catch (IOException e) {
                untold(folder, e);
            }
        }
        byDisk.forEach((disk, share) -> {
            try {
                require(share.files, share.folder, disks.free(disk));
            } catch (IOException e) {
                untold(share.folder, e);
            }
        });
    }

    /** The files for one disk, identified by the folder of the first file. */
    private record Share(Path folder, List<Planned> files) {}

    /** Returns the innermost existing folder above a file. */
    private static @Nullable Path existingFolder(Path file) {
        Path folder = file.toAbsolutePath().getParent();
        while (folder != null && Files.notExists(folder)) {
            folder = folder.getParent();
        }
        return folder;
    }

    private static void untold(Path folder, IOException e) {
        System.getLogger(DiskSpace.class.getName())
                .log(System.Logger.Level.DEBUG, "cannot determine the free disk space of " + folder, e);
    }

    private static void require(List<Planned> files, Path folder, long free) throws IOException {
        long more = 0;
        long most = 0;
        for (Planned each : files) {
            long old = Files.isRegularFile(each.file) ? Files.size(each.file) : 0;
            most = Math.max(most, more + each.bytes);
            more += each.bytes - old;
            if (each.again) {
                most = Math.max(most, more + each.bytes);
            }
        }
        if (free >= 0 && most > free) {
            throw new ResourceException(
                    ResourceException.Resource.DISK,
                    "not enough disk space for "
                            + files.stream()
                                    .map(each -> each.name + " " + each.file + " (" + megabytes(each.bytes) + ")")
                                    .collect(Collectors.joining(" and "))
                            + ": writing needs " + megabytes(most) + ", but the disk of " + folder + " has "
                            + megabytes(free) + " free",
                    "free some space there or choose another location",
                    null);
        }
    }

    private static String megabytes(long bytes) {
        return String.format(Locale.ROOT, "%.1f MB", bytes / 1e6);
    }
}
