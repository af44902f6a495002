package org.rlr.model.cli;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.rlr.tensor.RlrException;
import org.rlr.tensor.io.IoReason;

/**
 * Keeps a second training from writing the files of one that is running: the later to end would replace the work of the other. A file
 * {@code .NAME.lock} beside the output is locked meanwhile and removed at the end; one that a killed process has left behind locks nothing.
 */
final class OutputLock implements AutoCloseable {
    private final Path file;
    private final FileChannel channel;

    private OutputLock(Path file, FileChannel channel) {
        this.file = file;
        this.channel = channel;
    }

    /** Locks an output. @throws RlrException if another training writes it, or the folder takes no lock */
    static OutputLock of(Path output, String option) {
        Path file = output.toAbsolutePath().resolveSibling("." + output.getFileName() + ".lock");
        try {
            FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            try {
                FileLock lock = channel.tryLock();
                if (lock != null) {
                    file.toFile().deleteOnExit();
                    return new OutputLock(file, channel);
                }
            } catch (OverlappingFileLockException e) {
                // another thread of this process has it
                System.getLogger(OutputLock.class.getName()).log(System.Logger.Level.DEBUG, file + " is locked", e);
            } catch (Throwable t) {
                channel.close();
                throw t;
            }
            channel.close();
        } catch (IOException e) {
            throw new RlrException("cannot lock " + file + " against a second training that would write " + output + ": " + IoReason.of(e) + "; choose another " + option, e);
        }
        throw new RlrException("another training that writes " + output + " is running; wait for it, end it, or choose another " + option);
    }

    @Override
    public void close() {
        try {
            Files.deleteIfExists(file);
            channel.close();
        } catch (IOException e) {
            throw new RlrException("cannot remove the lock " + file + ": " + IoReason.of(e) + "; remove it yourself", e);
        }
    }
}
