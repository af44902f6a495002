package org.rlr.tensor.io;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** A running SHA-256 of bytes. */
public final class Sha256 {
    private final MessageDigest digest;

    /** Starts a new hash. */
    public Sha256() {
        try {
            digest = MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("SHA-256 is missing, which every Java platform has", e);
        }
    }

    /**
     * Adds bytes.
     *
     * @param bytes all are added
     * @return this
     */
    public Sha256 add(byte[] bytes) {
        digest.update(bytes);
        return this;
    }

    /**
     * Adds floats as four big-endian bytes each.
     *
     * @param values all are added
     * @return this
     */
    public Sha256 add(float[] values) {
        ByteBuffer bytes = ByteBuffer.allocate(values.length * Float.BYTES);
        bytes.asFloatBuffer().put(values);
        digest.update(bytes);
        return this;
    }

    /**
     * Adds all bytes of a stream.
     *
     * @param in the stream; the caller closes it
     * @return this
     * @throws IOException if it cannot be read
     */
    public Sha256 add(InputStream in) throws IOException {
        in.transferTo(new DigestOutputStream(OutputStream.nullOutputStream(), digest));
        return this;
    }

    /** {@return 64 lower-case hexadecimal digits; starts a new hash} */
    public String hex() {
        return HexFormat.of().formatHex(bytes());
    }

    /** {@return 32 bytes; starts a new hash} */
    public byte[] bytes() {
        return digest.digest();
    }
}
