package org.rlr.model.data;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.zip.CRC32;

/**
 * Checks that a PNG file's chunks are whole: the JDK's decoder neither looks at their checksums nor misses the last
 * ones.
 */
final class PngCheck {
    private static final int SIGNATURE = 8;

    private PngCheck() {}

    /** Throws if a chunk is cut off, its checksum is wrong, or the end is missing. Bytes behind the end do no harm. */
    static void check(byte[] file) throws IOException {
        ByteBuffer in = ByteBuffer.wrap(file, SIGNATURE, file.length - SIGNATURE);
        CRC32 crc = new CRC32();
        while (true) {
            if (in.remaining() < 12) {
                throw new IOException("the file ends before its last chunk");
            }
            int length = in.getInt();
            String type = new String(file, in.position(), 4, StandardCharsets.US_ASCII);
            if (length < 0 || length > in.remaining() - 8) {
                throw new IOException("the file ends within a chunk " + type);
            }
            crc.reset();
            crc.update(file, in.position(), 4 + length);
            in.position(in.position() + 4 + length);
            boolean critical = Character.isUpperCase(type.charAt(0));
            if (in.getInt() != (int) crc.getValue() && critical) {
                throw new IOException("wrong checksum of a chunk " + type);
            }
            if (type.equals("IEND")) {
                return;
            }
        }
    }
}
