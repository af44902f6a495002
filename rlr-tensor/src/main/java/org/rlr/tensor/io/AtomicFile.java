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
 * Replaces a file atomically: the content goes to a temporary file beside the target, is forced to disk, and is renamed
 * over the target. On any failure (disk full, no permission, an exception from the content, end of the process) the old
 * file stays unchanged. A temporary file remains only if the process was killed or the machine stopped; the next write
 * to the folder removes it. A replaced file keeps its permissions, and its owner if the system allows it. An interrupt
 * does not end a write: the file is written and the interrupt status stays set.
 */
public final class AtomicFile {
    private static final int BUFFER = 1 << 16;

    private AtomicFile() {}

    /** Writes a file's content. */
    @FunctionalInterface
    public interface Content {
        /**
         * Writes the whole content to a buffered stream; the caller closes it.
         *
         * @param out the buffered stream
         * @throws IOException if writing fails
         */
        void writeTo(OutputStream out) throws IOException;
    }

    /**
     * Writes a file and creates missing parent folders. Follows symbolic links. A target that is not a regular file,
     * such as {@code /dev/stdout}, is written directly.
     *
     * @param target the file
     * @param content writes the file's content; called once
     * @throws ResourceException if it cannot be written
     */
    public static void write(Path target, Content content) {
        write(target, content, true);
    }

    /**
     * As {@link #write(Path, Content)}, but does not wait for the disk: for many files that can be recreated, as
     * waiting would take as long as creating them. A file can be lost only if the machine stops.
     *
     * @param target the file
     * @param content writes the file's content; called once
     * @throws ResourceException as {@link #write(Path, Content)}
     */
    public static void writeUnforced(Path target, Content content) {
        write(target, content, false);
    }

    /** Throws if the target is a folder. */
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
                            + (Files.isRegularFile(target) ? "; the existing file is unchanged" : ""),
                    "free some space there or choose another location",
                    e);
        }
    }

    /**
     * Writes a text in UTF-8, like {@link #write(Path, Content)}.
     *
     * @param target the file
     * @param text the file's content
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
            // a stream, because an interrupt closes a channel
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

    /** Forces the written content to disk, even if the thread is interrupted meanwhile. */
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

    /** Makes the rename durable; some systems do not support or need this. */
    private static void forceFolder(Path folder) {
        try {
            force(folder, StandardOpenOption.READ);
        } catch (IOException e) {
            System.getLogger(AtomicFile.class.getName()).log(System.Logger.Level.DEBUG, "cannot force " + folder, e);
        }
    }
}
