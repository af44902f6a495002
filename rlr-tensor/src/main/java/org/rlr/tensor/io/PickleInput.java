package org.rlr.tensor.io;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/** Reads a pickle's bytes sequentially; refuses more than {@link #MOST_BYTES} before allocating memory for them. */
final class PickleInput {
    /** A pickle only describes tensors: a checkpoint of a thousand tensors needs some hundred kilobytes. */
    static final long MOST_BYTES = 64 << 20;
    /** The longest string. */
    static final int MOST_STRING_BYTES = 1 << 20;
    /** The longest name of a module or its member. */
    private static final int MOST_NAME_BYTES = 256;

    private final InputStream in;
    private final String origin;
    private long position;

    /**
     * @param in the buffered stream
     * @param origin the file, for messages
     */
    PickleInput(InputStream in, String origin) {
        this.in = in;
        this.origin = origin;
    }

    /** Bytes read so far. */
    long position() {
        return position;
    }

    /** The file, for messages. */
    String origin() {
        return origin;
    }

    /** The next byte, 0 to 255. */
    int next() {
        count(1);
        try {
            int b = in.read();
            if (b < 0) {
                throw cutShort();
            }
            return b;
        } catch (IOException e) {
            throw failed(e);
        }
    }

    /** The next bytes as an unsigned little-endian number, at most four. */
    long unsigned(int bytes) {
        long value = 0;
        for (int i = 0; i < bytes; i++) {
            value |= (long) next() << (8 * i);
        }
        return value;
    }

    /** The next bytes; the caller limits their number. */
    byte[] bytes(int length) {
        count(length);
        try {
            byte[] bytes = in.readNBytes(length);
            if (bytes.length < length) {
                throw cutShort();
            }
            return bytes;
        } catch (IOException e) {
            throw failed(e);
        }
    }

    /** A string of known length. */
    String string(long length) {
        if (length > MOST_STRING_BYTES) {
            throw TorchCheckpoint.refused(
                    origin,
                    "its pickle declares a string of " + length + " bytes, more than the limit of "
                            + MOST_STRING_BYTES);
        }
        byte[] bytes = bytes((int) length);
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(java.nio.ByteBuffer.wrap(bytes))
                    .toString();
        } catch (CharacterCodingException e) {
            throw TorchCheckpoint.damaged(origin, "a string of its pickle is not UTF-8");
        }
    }

    /** The text up to the end of the line. */
    String line() {
        StringBuilder line = new StringBuilder();
        for (int c = next(); c != '\n'; c = next()) {
            if (line.length() == MOST_NAME_BYTES) {
                throw TorchCheckpoint.refused(
                        origin, "its pickle has a name longer than " + MOST_NAME_BYTES + " bytes");
            }
            line.append((char) c);
        }
        return line.toString();
    }

    private void count(int bytes) {
        position += bytes;
        if (position > MOST_BYTES) {
            throw TorchCheckpoint.refused(
                    origin, "its pickle is longer than the limit of " + (MOST_BYTES >> 20) + " MiB");
        }
    }

    private TensorFileException cutShort() {
        return TorchCheckpoint.damaged(origin, "its pickle is cut short after " + position + " bytes");
    }

    private TensorFileException failed(IOException e) {
        return e instanceof EOFException ? cutShort() : TorchCheckpoint.unreadable(origin, e);
    }
}
