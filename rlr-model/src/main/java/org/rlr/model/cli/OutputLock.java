package org.rlr.model.cli;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.rlr.tensor.RlrException;
import org.rlr.tensor.io.IoReason;

/**
 * Keeps a second training from writing the files of one that is running: the later to end would replace the work of the
 * other. A file {@code .NAME.lock} beside the output is locked meanwhile and removed at the end; one that a killed
 * process has left behind locks nothing.
 *
 * <p>Whoever has opened the file before it is removed, and locks it afterwards, would hold a file that no other
 * training can find any more. Therefore it is marked, by a byte, before it is removed and unlocked: who locks a marked
 * file begins again with the one that is there then.
 */
final class OutputLock implements AutoCloseable {
    /** What this process has locked: to open such a file once more and close it would give up its lock, on POSIX. */
    private static final Set<Path> HELD = ConcurrentHashMap.newKeySet();

    private static final int ATTEMPTS = 200;
    private static final int PAUSE_MILLIS = 10;

    private final Path file;
    private final FileChannel channel;
    private final Thread atExit = new Thread(this::release, "output-lock");
    private boolean released;

    private OutputLock(Path file, FileChannel channel) {
        this.file = file;
        this.channel = channel;
        Runtime.getRuntime().addShutdownHook(atExit);
    }

    /** Locks an output. @throws RlrException if another training writes it, or the folder takes no lock */
    static OutputLock of(Path output, String option) {
        try {
            Path folder = output.toAbsolutePath().getParent().toRealPath();
            Path file = folder.resolve("." + output.getFileName() + ".lock");
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
            throw new RlrException(
                    "cannot lock " + output + " against a second training that would write it: " + IoReason.of(e)
                            + "; choose another " + option,
                    e);
        }
        throw new RlrException("another training that writes " + output
                + " is running; wait for it, end it, or choose another " + option);
    }

    /** The file, open and locked; null where somebody else has locked it. */
    private static FileChannel locked(Path file) throws IOException {
        for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
            FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            boolean keep = false;
            try {
                if (channel.tryLock() == null) {
                    return null;
                }
                keep = channel.size() == 0;
                if (keep) {
                    return channel;
                }
            } catch (OverlappingFileLockException e) {
                // something else in this process has it
                System.getLogger(OutputLock.class.getName()).log(System.Logger.Level.DEBUG, file + " is locked", e);
                return null;
            } finally {
                if (!keep) {
                    channel.close();
                }
            }
            pause();
        }
        throw new IOException(
                file + " was left behind by a process that was killed while it removed it, and can be removed");
    }

    private static void pause() throws IOException {
        try {
            Thread.sleep(PAUSE_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }

    @Override
    public void close() {
        release();
        try {
            Runtime.getRuntime().removeShutdownHook(atExit);
        } catch (IllegalStateException shuttingDown) {
            // The hook is what runs now.
        }
    }

    private synchronized void release() {
        if (released) {
            return;
        }
        released = true;
        try (channel) {
            channel.write(ByteBuffer.wrap(new byte[1]), 0);
            try {
                Files.deleteIfExists(file);
            } catch (IOException e) {
                channel.truncate(0);
                throw e;
            }
        } catch (IOException e) {
            // unmarked it is left behind and locks nothing
            System.getLogger(OutputLock.class.getName())
                    .log(
                            System.Logger.Level.WARNING,
                            "cannot remove the lock " + file + ": " + IoReason.of(e) + "; remove it yourself");
        } finally {
            HELD.remove(file);
        }
    }
}
