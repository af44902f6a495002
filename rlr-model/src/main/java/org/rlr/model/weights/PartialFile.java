package org.rlr.model.weights;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import org.jspecify.annotations.Nullable;
import org.rlr.tensor.ResourceException;
import org.rlr.tensor.io.IoReason;
import org.rlr.tensor.io.LockedFile;
import org.rlr.tensor.io.Sha256;

/**
 * An incomplete download, {@code <target>.part}, with the server's tag of the whole file; locked against other
 * processes.
 */
final class PartialFile implements AutoCloseable {
    private final Path target;
    private final Path part;
    private final Path tagFile;
    private final LockedFile file;
    private final FileChannel channel;

    private PartialFile(Path target, Path part, Path tagFile, LockedFile file) {
        this.target = target;
        this.part = part;
        this.tagFile = tagFile;
        this.file = file;
        channel = file.channel();
    }

    /**
     * Opens or creates the partial file; an earlier run may have left data in it.
     *
     * @throws ResourceException if another process uses it, or the folder cannot be written to
     */
    static PartialFile open(Path target) {
        Path part = target.resolveSibling(target.getFileName() + ".part");
        try {
            Files.createDirectories(target.toAbsolutePath().getParent());
            LockedFile file = LockedFile.open(part);
            if (file == null) {
                throw new ResourceException(
                        ResourceException.Resource.DISK,
                        "another download of " + target + " is running",
                        "wait for it or stop it",
                        null);
            }
            return new PartialFile(target, part, target.resolveSibling(target.getFileName() + ".part.tag"), file);
        } catch (IOException e) {
            throw new ResourceException(
                    ResourceException.Resource.DISK,
                    "cannot write " + part + ": " + IoReason.of(e),
                    "choose another folder with `weightsCache`",
                    e);
        }
    }

    /** Number of downloaded bytes. */
    long length() throws IOException {
        return channel.size();
    }

    /** The server's tag of the file they belong to; null if it sent none. */
    @Nullable
    String tag() throws IOException {
        return Files.isRegularFile(tagFile) ? Files.readString(tagFile) : null;
    }

    /** Whether a later run can resume it. */
    boolean resumable() throws IOException {
        return length() > 0 && tag() != null;
    }

    /** Discards the data and starts again with the tag of the new file; null for none. */
    void restart(@Nullable String tag) throws IOException {
        // first the data, so that they are never taken for a part of another file
        channel.truncate(0);
        if (tag == null) {
            Files.deleteIfExists(tagFile);
        } else {
            Files.writeString(tagFile, tag);
        }
    }

    void append(byte[] bytes, int length) throws IOException {
        ByteBuffer buffer = ByteBuffer.wrap(bytes, 0, length);
        channel.position(channel.size());
        while (buffer.hasRemaining()) {
            channel.write(buffer);
        }
    }

    /** The SHA-256 of the data, lower-case hexadecimal. */
    String sha256() throws IOException {
        // through the channel that holds the lock: some systems do not let another channel read a locked file
        return new Sha256().add(Channels.newInputStream(channel.position(0))).hex();
    }

    /** The path of the data, for reading. */
    Path path() {
        return part;
    }

    /** Renames it to the target. */
    void complete() throws IOException {
        channel.force(true);
        // Windows does not rename an open file
        file.close();
        Files.move(part, target, StandardCopyOption.REPLACE_EXISTING);
        Files.deleteIfExists(tagFile);
    }

    /** Discards it: the data are unusable. */
    void discard() throws IOException {
        channel.truncate(0);
        Files.deleteIfExists(tagFile);
        file.delete();
    }

    /** Keeps it if a later run can resume it. */
    @Override
    public void close() throws IOException {
        if (channel.isOpen()) {
            if (resumable()) {
                file.close();
            } else {
                discard();
            }
        }
    }
}
