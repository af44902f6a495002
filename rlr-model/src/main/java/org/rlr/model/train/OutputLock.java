package org.rlr.model.train;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.rlr.tensor.ResourceException;
import org.rlr.tensor.RlrException;
import org.rlr.tensor.io.IoReason;

/**
 * Keeps a second training from writing the files of one that is running: the later to end would replace the work of the
 * other. A file {@code .NAME.lock} beside each output is locked meanwhile and removed at the end. The system gives up
 * the locks of a process that is killed; what such a process leaves is removed by the next training of that output. The
 * thread that holds a lock may take it again.
 */
public final class OutputLock implements AutoCloseable {
    /** The files that this process has locked: to open one again and close it would give up its lock, on POSIX. */
    private static final Map<Path, Held> HELD = new HashMap<>();

    private static final class Held {
        final Path file;
        final FileChannel channel;
        final Thread owner = Thread.currentThread();
        int count;

        Held(Path file, FileChannel channel) {
            this.file = file;
            this.channel = channel;
        }
    }

    private final List<Held> locks = new ArrayList<>();

    private OutputLock() {}

    /**
     * Locks the outputs of a training. One that is a device, or is in a folder that is missing, is not locked.
     *
     * @param outputs files by the settings that name them, which errors mention; null where there is none
     * @return the locks, to be held while the training runs
     * @throws RlrException if another training writes one of them
     * @throws ResourceException if a folder takes no lock
     */
    public static OutputLock of(Map<String, @Nullable Path> outputs) {
        OutputLock all = new OutputLock();
        try {
            outputs.forEach((setting, output) -> {
                if (output != null && lockable(output)) {
                    all.add(output, setting);
                }
            });
            return all;
        } catch (Throwable t) {
            all.close();
            throw t;
        }
    }

    private static boolean lockable(Path output) {
        Path folder = output.toAbsolutePath().getParent();
        return (Files.notExists(output) || Files.isRegularFile(output)) && folder != null && Files.isDirectory(folder);
    }

    private void add(Path output, String setting) {
        Held lock;
        try {
            // a link is followed when it is written
            Path file = Files.exists(output)
                    ? output.toRealPath()
                    : Objects.requireNonNull(output.toAbsolutePath().getParent())
                            .toRealPath()
                            .resolve(output.getFileName());
            lock = lock(file.resolveSibling("." + file.getFileName() + ".lock"));
        } catch (IOException e) {
            throw new ResourceException(
                    ResourceException.Resource.DISK,
                    "cannot lock " + output + " against a second training that would write it: " + IoReason.of(e),
                    "choose another " + setting,
                    e);
        }
        if (lock == null) {
            throw new RlrException(
                    "another training that writes " + output + " is running",
                    "wait for it, end it, or choose another " + setting);
        }
        locks.add(lock);
    }

    /** The lock of a file; null where somebody else has it. */
    private static @Nullable Held lock(Path file) throws IOException {
        synchronized (HELD) {
            Held held = HELD.get(file);
            if (held == null) {
                FileChannel channel = locked(file);
                if (channel == null) {
                    return null;
                }
                held = new Held(file, channel);
                HELD.put(file, held);
            } else if (held.owner != Thread.currentThread()) {
                return null;
            }
            held.count++;
            return held;
        }
    }

    /** The file, open and locked; null where another process has locked it. */
    private static @Nullable FileChannel locked(Path file) throws IOException {
        while (true) {
            try {
                Files.createFile(file);
            } catch (FileAlreadyExistsException e) {
                // of a training that runs, or was killed
            }
            Object before = key(file);
            if (before == null) {
                continue; // removed meanwhile
            }
            FileChannel channel = null;
            FileLock lock = null;
            try {
                channel = FileChannel.open(file, StandardOpenOption.WRITE);
                lock = channel.tryLock();
                if (lock == null) {
                    return null;
                }
                // whoever had it may have removed the file after it was opened here
                if (before.equals(key(file))) {
                    return channel;
                }
                lock = null;
            } catch (NoSuchFileException e) {
                // removed meanwhile
            } catch (OverlappingFileLockException e) {
                return null; // something else in this process has it
            } finally {
                if (channel != null && lock == null) {
                    channel.close();
                }
            }
        }
    }

    /** What tells a file from another that later has its name; null where there is none. */
    private static @Nullable Object key(Path file) throws IOException {
        try {
            BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
            // Windows has no keys, and does not remove an open file
            return attributes.fileKey() == null ? attributes.creationTime() : attributes.fileKey();
        } catch (NoSuchFileException e) {
            return null;
        }
    }

    /** Gives the locks up. */
    @Override
    public void close() {
        synchronized (HELD) {
            for (Held held : locks) {
                if (--held.count > 0) {
                    continue;
                }
                HELD.remove(held.file);
                try (FileChannel channel = held.channel) {
                    Files.deleteIfExists(held.file);
                } catch (IOException e) {
                    System.getLogger(OutputLock.class.getName())
                            .log(
                                    System.Logger.Level.WARNING,
                                    "cannot remove the lock " + held.file + ": " + IoReason.of(e));
                }
            }
            locks.clear();
        }
    }
}
