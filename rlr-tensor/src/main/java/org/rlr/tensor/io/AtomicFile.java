package org.rlr.tensor.io;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import org.rlr.tensor.ResourceException;

/**
 * Replaces a file whole or not at all: the content is written to a temporary file beside the target, forced to the
 * disk, and renamed over it. Whatever goes wrong (disk full, no permission, an exception while the content is made, the
 * process ended), the old file stays as it was, and no temporary file is left unless the process was killed or the
 * machine stopped; the next write to the folder removes such a file. A file that is replaced keeps its permissions, and
 * its owner where the system lets it. An interrupt of the thread does not end a write: the file is written, and the
 * interrupt status stays set.
 */
public final class AtomicFile {
    private static final int BUFFER = 1 << 16;

    private AtomicFile() {}

    /** Makes a file's content. */
    @FunctionalInterface
    public interface Content {
        /**
         * Writes everything to a buffered stream, which the caller closes.
         *
         * @param out buffered
         * @throws IOException if it cannot be written
         */
        void writeTo(OutputStream out) throws IOException;
    }

    /**
     * Writes a file, making the folders above it where they are missing. A symbolic link is followed; something that is
     * not a regular file, as {@code /dev/stdout}, is written to directly.
     *
     * @param target the file
     * @param content makes what is to be in it; called once
     * @throws ResourceException if it cannot be written
     */
    public static void write(Path target, Content content) {
        write(target, content, true);
    }

    /**
     * As {@link #write(Path, Content)}, but does not wait until the content has reached the disk: for many files that
     * can be made again, each of which would otherwise cost as much as drawing it. Only where the machine itself stops
     * may such a file be lost.
     *
     * @param target the file
     * @param content makes what is to be in it; called once
     * @throws ResourceException as {@link #write(Path, Content)}
     */
    public static void writeUnforced(Path target, Content content) {
        write(target, content, false);
    }

    /** Throws if a folder is where a file is to be written. */
    static void requireNoFolder(Path target) {
        if (Files.isDirectory(target)) {
            throw new ResourceException(
                    ResourceException.Resource.DISK,
                    "cannot write " + target + ": it is a folder",
                    "name a file",
                    null);
        }
    }

    private static void write(Path target, Content content, boolean force) {
        requireNoFolder(target);
        try {
            if (Files.exists(target) && !Files.isRegularFile(target)) {
                try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(target), BUFFER)) {
                    content.writeTo(out);
                }
            } else {
                replace(Files.exists(target) ? target.toRealPath() : target.toAbsolutePath(), content, force);
            }
        } catch (IOException e) {
            throw new ResourceException(
                    ResourceException.Resource.DISK,
                    "cannot write " + target + ": " + IoReason.of(e)
                            + (Files.isRegularFile(target) ? "; the file that was there is unchanged" : ""),
                    "free some space there or name another place",
                    e);
        }
    }

    /**
     * Writes a text in UTF-8; otherwise as {@link #write(Path, Content)}.
     *
     * @param target the file
     * @param text what is to be in it
     * @throws ResourceException as {@link #write(Path, Content)}
     */
    public static void writeString(Path target, String text) {
        write(target, out -> out.write(text.getBytes(StandardCharsets.UTF_8)));
    }

    private static void replace(Path target, Content content, boolean force) throws IOException {
        Path folder = target.getParent();
        if (folder == null) {
            throw new IOException("it is the root of a file system");
        }
        Files.createDirectories(folder);
        Path temporary = TemporaryFiles.create(folder, target);
        try {
            // a stream, as an interrupt closes a channel
            try (OutputStream out =
                    new BufferedOutputStream(Files.newOutputStream(temporary, StandardOpenOption.WRITE), BUFFER)) {
                content.writeTo(out);
            }
            if (force) {
                force(temporary, StandardOpenOption.WRITE);
            }
            try {
                Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE);
            } catch (AtomicMoveNotSupportedException e) {
                Files.move(temporary, target, StandardCopyOption.REPLACE_EXISTING);
            }
        } finally {
            TemporaryFiles.delete(temporary);
        }
        if (force) {
            forceFolder(folder);
        }
    }

    /** Waits until what was written has reached the disk, however often the thread is interrupted meanwhile. */
    private static void force(Path path, StandardOpenOption access) throws IOException {
        boolean interrupted = false;
        try {
            boolean forced = false;
            while (!forced) {
                interrupted |= Thread.interrupted();
                try (FileChannel channel = FileChannel.open(path, access)) {
                    channel.force(true);
                    forced = true;
                } catch (ClosedByInterruptException e) {
                    interrupted = true;
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** Makes the rename itself durable; some systems cannot, and need not. */
    private static void forceFolder(Path folder) {
        try {
            force(folder, StandardOpenOption.READ);
        } catch (IOException e) {
            System.getLogger(AtomicFile.class.getName()).log(System.Logger.Level.DEBUG, "cannot force " + folder, e);
        }
    }
}
