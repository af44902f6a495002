package org.rlr.model.train;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.rlr.tensor.ResourceException;
import org.rlr.tensor.RlrException;
import org.rlr.tensor.io.IoReason;
import org.rlr.tensor.io.LockedFile;

/**
 * Keeps a second training from writing the files of a running one: the one that ends later would replace the other's
 * results. A file {@code .NAME.lock} beside each output is locked during the training and removed at the end. The
 * system releases the locks of a killed process; the next training of that output removes the remaining lock files. The
 * thread that holds a lock may take it again.
 */
public final class OutputLock implements AutoCloseable {
    /** The files that this process has locked: on POSIX, opening and closing one again would release its lock. */
    private static final Map<Path, Held> HELD = new HashMap<>();

    private static final class Held {
        final Path file;
        final LockedFile lock;
        final Thread owner = Thread.currentThread();
        int count;

        Held(Path file, LockedFile lock) {
            this.file = file;
            this.lock = lock;
        }
    }

    private final List<Held> locks = new ArrayList<>();

    private OutputLock() {}

    /**
     * Locks the outputs of a training, except devices and files in missing folders.
     *
     * @param outputs files by their settings, which errors name; null for no file
     * @return the locks, to be held while the training runs
     * @throws RlrException if another training writes one of them
     * @throws ResourceException if a lock file cannot be created
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
            // writing follows a link
            Path file = Files.exists(output)
                    ? output.toRealPath()
                    : Objects.requireNonNull(output.toAbsolutePath().getParent())
                            .toRealPath()
                            .resolve(output.getFileName());
            lock = lock(file.resolveSibling("." + file.getFileName() + ".lock"));
        } catch (IOException e) {
            throw new ResourceException(
                    ResourceException.Resource.DISK,
                    "cannot lock " + output + " against a second training: " + IoReason.of(e),
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

    /** Returns the lock of a file; null if another thread or process holds it. */
    private static @Nullable Held lock(Path file) throws IOException {
        synchronized (HELD) {
            Held held = HELD.get(file);
            if (held == null) {
                LockedFile locked = LockedFile.open(file);
                if (locked == null) {
                    return null;
                }
                held = new Held(file, locked);
                HELD.put(file, held);
            } else if (held.owner != Thread.currentThread()) {
                return null;
            }
            held.count++;
            return held;
        }
    }

    /** Releases the locks. */
    @Override
    public void close() {
        synchronized (HELD) {
            for (Held held : locks) {
                if (--held.count > 0) {
                    continue;
                }
                HELD.remove(held.file);
                try {
                    held.lock.delete();
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
