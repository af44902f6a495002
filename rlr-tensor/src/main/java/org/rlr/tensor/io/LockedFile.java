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
 * A file locked by one process, which may remove it while others wait for it. The system releases the lock when the
 * process ends. On POSIX, opening and closing the file elsewhere in the process also releases the lock.
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
     * @param file the file, created if missing; its folder must exist
     * @return the file; null if this or another process has locked it
     * @throws IOException if the file cannot be opened or its file system has no locks
     */
    public static @Nullable LockedFile open(Path file) throws IOException {
        while (true) {
            try {
                Files.createFile(file);
            } catch (FileAlreadyExistsException e) {
                // it is locked or left over
            }
            Object key = key(file);
            FileChannel channel = null;
            boolean locked = false;
            try {
                channel = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE);
                if (channel.tryLock() == null) {
                    return null;
                }
                // its previous owner may have removed it after it was opened here
                locked = key != null && key.equals(key(file));
                if (locked) {
                    return new LockedFile(file, channel);
                }
            } catch (NoSuchFileException e) {
                // removed in the meantime
            } catch (OverlappingFileLockException e) {
                return null;
            } finally {
                if (channel != null && !locked) {
                    channel.close();
                }
            }
        }
    }

    /** Returns a key that differs from that of a later file of the same name; null if the system has none. */
    private static @Nullable Object key(Path file) throws IOException {
        try {
            BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
            // Windows has no file keys
            return attributes.fileKey() == null ? attributes.creationTime() : attributes.fileKey();
        } catch (NoSuchFileException e) {
            return null;
        }
    }

    /** {@return the channel for reading and writing; open until this is closed} */
    public FileChannel channel() {
        return channel;
    }

    /**
     * Removes the file and releases the lock.
     *
     * @throws IOException if the file cannot be removed; the lock is released anyway
     */
    public void delete() throws IOException {
        try (channel) {
            Files.deleteIfExists(file);
        }
    }

    /**
     * Releases the lock; the file stays.
     *
     * @throws IOException if the file cannot be closed
     */
    @Override
    public void close() throws IOException {
        channel.close();
    }
}
