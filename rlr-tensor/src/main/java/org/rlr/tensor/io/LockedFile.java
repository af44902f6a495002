package org.rlr.tensor.io;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import org.jspecify.annotations.Nullable;

/**
 * A file that is open for one process, which may remove it while others wait for it. The system gives up the lock of a
 * process that ends. To open the file in another way and close it gives up the lock, on POSIX.
 */
public final class LockedFile implements AutoCloseable {
    private final Path file;
    private final FileChannel channel;

    private LockedFile(Path file, FileChannel channel) {
        this.file = file;
        this.channel = channel;
    }

    /**
     * Opens a file for reading and writing, and locks it.
     *
     * @param file made if it is missing; its folder is there
     * @return the file; null where it is locked already, by this process or another
     * @throws IOException if it cannot be opened, or its file system has no locks
     */
    public static @Nullable LockedFile open(Path file) throws IOException {
        while (true) {
            try {
                Files.createFile(file);
            } catch (FileAlreadyExistsException e) {
                // it is locked, or was left behind
            }
            Object key = key(file);
            FileChannel channel = null;
            boolean locked = false;
            try {
                channel = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE);
                if (channel.tryLock() == null) {
                    return null;
                }
                // whoever had it may have removed it after it was opened here
                locked = key != null && key.equals(key(file));
                if (locked) {
                    return new LockedFile(file, channel);
                }
            } catch (NoSuchFileException e) {
                // removed meanwhile
            } catch (OverlappingFileLockException e) {
                return null;
            } finally {
                if (channel != null && !locked) {
                    channel.close();
                }
            }
        }
    }

    /** What tells a file from another that later has its name; null where there is none. */
    private static @Nullable Object key(Path file) throws IOException {
        try {
            BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
            // Windows has no keys
            return attributes.fileKey() == null ? attributes.creationTime() : attributes.fileKey();
        } catch (NoSuchFileException e) {
            return null;
        }
    }

    /** {@return its content, to be read and written; open until this is closed} */
    public FileChannel channel() {
        return channel;
    }

    /**
     * Removes the file and gives the lock up.
     *
     * @throws IOException if it cannot be removed; the lock is given up all the same
     */
    public void delete() throws IOException {
        try (channel) {
            Files.deleteIfExists(file);
        }
    }

    /**
     * Gives the lock up; the file stays.
     *
     * @throws IOException if it cannot be closed
     */
    @Override
    public void close() throws IOException {
        channel.close();
    }
}
