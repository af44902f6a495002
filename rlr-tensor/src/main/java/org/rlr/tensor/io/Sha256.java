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

    /** Of no bytes yet. */
    public Sha256() {
        try {
            digest = MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    /**
     * Adds bytes.
     *
     * @param bytes all of them
     * @return this
     */
    public Sha256 add(byte[] bytes) {
        digest.update(bytes);
        return this;
    }

    /**
     * Adds floats, four bytes each, the highest first.
     *
     * @param values all of them
     * @return this
     */
    public Sha256 add(float[] values) {
        ByteBuffer bytes = ByteBuffer.allocate(values.length * Float.BYTES);
        bytes.asFloatBuffer().put(values);
        digest.update(bytes);
        return this;
    }

    /**
     * Adds a stream's bytes up to its end.
     *
     * @param in stays the caller's to close
     * @return this
     * @throws IOException if it cannot be read
     */
    public Sha256 add(InputStream in) throws IOException {
        in.transferTo(new DigestOutputStream(OutputStream.nullOutputStream(), digest));
        return this;
    }

    /** {@return 64 lower-case hexadecimal digits; the next bytes begin anew} */
    public String hex() {
        return HexFormat.of().formatHex(bytes());
    }

    /** {@return 32 bytes; the next bytes begin anew} */
    public byte[] bytes() {
        return digest.digest();
    }
}
