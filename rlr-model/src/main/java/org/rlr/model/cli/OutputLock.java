package org.rlr.model.cli;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.rlr.tensor.ResourceException;
import org.rlr.tensor.RlrException;
import org.rlr.tensor.io.IoReason;

/**
 * Keeps a second training from writing the files of one that is running: the later to end would replace the work of the
 * other. A file {@code .NAME.lock} beside the output is locked meanwhile, and stays there, empty, for the next
 * training: a lock file that is removed could be locked by two, by each under the same name. The system gives up the
 * lock of a process that ends.
 */
final class OutputLock implements AutoCloseable {
    /** The files that this process has locked: to open one again and close it would give up its lock, on POSIX. */
    private static final Set<Path> HELD = ConcurrentHashMap.newKeySet();

    private final Path file;
    private final FileChannel channel;

    private OutputLock(Path file, FileChannel channel) {
        this.file = file;
        this.channel = channel;
    }

    /** Locks an output. @throws RlrException if another training writes it, or the folder takes no lock */
    static OutputLock of(Path output, String option) {
        try {
            Path parent = output.toAbsolutePath().getParent();
            if (parent == null) {
                throw new IllegalArgumentException(output + " is no file");
            }
            Path file = parent.toRealPath().resolve("." + output.getFileName() + ".lock");
            if (HELD.add(file)) {
                FileChannel channel = null;
                try {
                    channel = locked(file);
                } finally {
                    if (channel == null) {
                        HELD.remove(file);
                    }
                }
                if (channel != null) {
                    return new OutputLock(file, channel);
                }
            }
        } catch (IOException e) {
            throw new ResourceException(
                    ResourceException.Resource.DISK,
                    "cannot lock " + output + " against a second training that would write it: " + IoReason.of(e),
                    "choose another " + option,
                    e);
        }
        throw new RlrException(
                "another training that writes " + output + " is running",
                "wait for it, end it, or choose another " + option);
    }

    /** The file, open and locked; null where somebody else has locked it. */
    private static @Nullable FileChannel locked(Path file) throws IOException {
        FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        FileLock lock = null;
        try {
            lock = channel.tryLock();
        } catch (OverlappingFileLockException e) {
            // something else in this process has it
        } finally {
            if (lock == null) {
                channel.close();
            }
        }
        return lock == null ? null : channel;
    }

    @Override
    public void close() {
        try {
            channel.close();
        } catch (IOException e) {
            System.getLogger(OutputLock.class.getName())
                    .log(System.Logger.Level.WARNING, "cannot unlock " + file + ": " + IoReason.of(e));
        } finally {
            HELD.remove(file);
        }
    }
}
