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
 * A download that is not complete, {@code <target>.part}, and the server's tag of what it is a part of; locked against
 * other processes.
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
     * Takes up what an earlier run left.
     *
     * @throws ResourceException if another process is at it, or the folder cannot be written to
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
                        "wait for it, or end it",
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

    /** Bytes that are there. */
    long length() throws IOException {
        return channel.size();
    }

    /** The server's tag of the file that they are the beginning of; null where it gave none. */
    @Nullable
    String tag() throws IOException {
        return Files.isRegularFile(tagFile) ? Files.readString(tagFile) : null;
    }

    /** Whether a later run can continue it. */
    boolean resumable() throws IOException {
        return length() > 0 && tag() != null;
    }

    /** Throws away what is there and begins anew, with the tag of what comes; null where there is none. */
    void restart(@Nullable String tag) throws IOException {
        // first the data, so that they are never taken for a part of something else
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

    /** The SHA-256 of what is there, lower-case hexadecimal. */
    String sha256() throws IOException {
        // by the channel that holds the lock: some systems refuse to read a locked file by another
        return new Sha256().add(Channels.newInputStream(channel.position(0))).hex();
    }

    /** Where the bytes are, to be looked at. */
    Path path() {
        return part;
    }

    /** Makes it the target. */
    void complete() throws IOException {
        channel.force(true);
        // Windows does not rename an open file
        file.close();
        Files.move(part, target, StandardCopyOption.REPLACE_EXISTING);
        Files.deleteIfExists(tagFile);
    }

    /** Throws it away: what is there is not what was wanted. */
    void discard() throws IOException {
        channel.truncate(0);
        Files.deleteIfExists(tagFile);
        file.delete();
    }

    /** Keeps it for a later run where that can continue it. */
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
