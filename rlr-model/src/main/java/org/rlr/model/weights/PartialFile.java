package org.rlr.model.weights;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import org.rlr.tensor.RlrException;
import org.rlr.tensor.io.IoReason;

/**
 * A download that is not complete, {@code <target>.part}, and the server's tag of what it is a part of; locked against
 * other processes.
 */
final class PartialFile implements AutoCloseable {
    private static final int PIECE = 1 << 16;

    private final Path target;
    private final Path part;
    private final Path tagFile;
    private final FileChannel channel;
    private final FileLock lock;

    private PartialFile(Path target, Path part, Path tagFile, FileChannel channel, FileLock lock) {
        this.target = target;
        this.part = part;
        this.tagFile = tagFile;
        this.channel = channel;
        this.lock = lock;
    }

    /**
     * Takes up what an earlier run left. @throws RlrException if another process is at it, or the folder cannot be
     * written to
     */
    static PartialFile open(Path target) {
        Path part = target.resolveSibling(target.getFileName() + ".part");
        try {
            Files.createDirectories(target.toAbsolutePath().getParent());
            FileChannel channel = FileChannel.open(
                    part, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
            FileLock lock = null;
            try {
                lock = channel.tryLock();
            } catch (OverlappingFileLockException e) {
                // another thread of this process
                System.getLogger(PartialFile.class.getName()).log(System.Logger.Level.DEBUG, part + " is locked", e);
            } finally {
                if (lock == null) {
                    channel.close();
                }
            }
            if (lock == null) {
                throw new RlrException("another download of " + target + " is running; wait for it, or end it");
            }
            return new PartialFile(
                    target, part, target.resolveSibling(target.getFileName() + ".part.tag"), channel, lock);
        } catch (IOException e) {
            throw new RlrException(
                    "cannot write " + part + ": " + IoReason.of(e) + "; choose another folder with --weights-cache", e);
        }
    }

    /** Bytes that are there. */
    long length() throws IOException {
        return channel.size();
    }

    /** The server's tag of the file that they are the beginning of; null where it gave none. */
    String tag() throws IOException {
        return Files.isRegularFile(tagFile) ? Files.readString(tagFile) : null;
    }

    /** Throws away what is there and begins anew, with the tag of what comes; null where there is none. */
    void restart(String tag) throws IOException {
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
        return sha256(channel);
    }

    /** The SHA-256 of a file, lower-case hexadecimal. */
    static String sha256(FileChannel channel) throws IOException {
        MessageDigest digest;
        try {
            digest = MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
        ByteBuffer piece = ByteBuffer.allocate(PIECE);
        for (long position = 0; channel.read(piece, position) > 0; position += piece.limit(), piece.clear()) {
            digest.update(piece.flip());
        }
        return HexFormat.of().formatHex(digest.digest());
    }

    /** Where the bytes are, to be looked at. */
    Path path() {
        return part;
    }

    /** Makes it the target. */
    void complete() throws IOException {
        channel.force(true);
        // Windows does not rename an open file
        close();
        Files.move(part, target, StandardCopyOption.REPLACE_EXISTING);
        Files.deleteIfExists(tagFile);
    }

    /** Throws it away: what is there is not what was wanted. */
    void discard() throws IOException {
        channel.truncate(0);
        close();
        Files.deleteIfExists(part);
        Files.deleteIfExists(tagFile);
    }

    @Override
    public void close() throws IOException {
        if (channel.isOpen()) {
            lock.release();
            channel.close();
        }
    }
}
