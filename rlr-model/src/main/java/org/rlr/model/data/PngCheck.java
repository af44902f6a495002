package org.rlr.model.data;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import java.util.zip.CRC32;
import org.jspecify.annotations.Nullable;

/** Checks that a PNG file's chunks are complete: the JDK's decoder ignores checksums and missing last chunks. */
final class PngCheck {
    private static final int SIGNATURE = 8;
    private static final int COLOR_TYPE = SIGNATURE + 17;
    private static final int PALETTE = 3;
    /** The alpha bit of the colour type. */
    private static final int ALPHA = 4;

    private static final int IHDR = 'I' << 24 | 'H' << 16 | 'D' << 8 | 'R';
    /** The most bytes that one compressed byte can encode: 258 in two bits. */
    private static final int DEFLATE_RATIO = 1032;

    private static final Set<String> KEPT = Set.of("IHDR", "PLTE", "tRNS", "IDAT", "IEND");

    private final ByteArrayOutputStream clean;
    private int @Nullable [] palette;

    /**
     * Throws if a chunk is truncated, its checksum is wrong, the end is missing, or the data are too few for the
     * pixels. Bytes after the end are ignored.
     */
    PngCheck(byte[] file) throws IOException {
        clean = new ByteArrayOutputStream(file.length);
        clean.write(file, 0, SIGNATURE);
        long data = 0;
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
            if (KEPT.contains(type)) {
                keep(type, file, in.position() - 4, length);
            }
            data += type.equals("IDAT") ? length : 0;
            crc.reset();
            crc.update(file, in.position(), 4 + length);
            in.position(in.position() + 4 + length);
            boolean critical = Character.isUpperCase(type.charAt(0));
            if (in.getInt() != (int) crc.getValue() && critical) {
                throw new IOException("wrong checksum of a chunk " + type);
            }
            if (type.equals("PLTE") && file[COLOR_TYPE] == PALETTE) {
                palette = colors(in, length);
            }
            if (type.equals("IEND")) {
                requireData(file, data);
                return;
            }
        }
    }

    /** Copies a chunk without colours and opacities that no pixel can have, because decoders differ on them. */
    private void keep(String type, byte[] file, int at, int length) {
        int color = file[COLOR_TYPE];
        if (type.equals("tRNS") && (color & ALPHA) != 0) {
            return;
        }
        int most = type.equals("PLTE") && color == PALETTE ? 3 << Math.min(8, file[COLOR_TYPE - 1]) : length;
        if (length <= most) {
            clean.write(file, at, length + 12);
            return;
        }
        ByteBuffer chunk = ByteBuffer.allocate(most + 12).putInt(most).put(file, at + 4, most + 4);
        CRC32 crc = new CRC32();
        crc.update(chunk.array(), 4, most + 4);
        clean.writeBytes(chunk.putInt((int) crc.getValue()).array());
    }

    /** {@return the file without chunks that have no influence on pixels} */
    byte[] cleaned() {
        return clean.toByteArray();
    }

    /** {@return the colours as {@code 0xRRGGBB}; the decoder repeats them if there are few; null without a palette} */
    int @Nullable [] palette() {
        return palette;
    }

    private static int[] colors(ByteBuffer in, int length) {
        int at = in.position() - 4 - length; // after the chunk
        int[] colors = new int[length / 3];
        for (int i = 0; i < colors.length; i++, at += 3) {
            colors[i] = (in.get(at) & 0xff) << 16 | (in.get(at + 1) & 0xff) << 8 | (in.get(at + 2) & 0xff);
        }
        return colors;
    }

    /** Returns the width and height in the header. */
    static ImageSize size(byte[] file) throws IOException {
        if (file.length < SIGNATURE + 16) {
            throw new IOException("the file ends within its header");
        }
        ByteBuffer header = ByteBuffer.wrap(file, SIGNATURE + 8, 8);
        return new ImageSize(header.getInt(), header.getInt());
    }

    private static void requireData(byte[] file, long present) throws IOException {
        ByteBuffer header = ByteBuffer.wrap(file, SIGNATURE, file.length - SIGNATURE);
        if (header.getInt() != 13 || header.getInt() != IHDR) {
            throw new IOException("its first chunk is no header");
        }
        long width = Integer.toUnsignedLong(header.getInt());
        long height = Integer.toUnsignedLong(header.getInt());
        int bits = header.get();
        int samples = switch (header.get()) {
            case 2 -> 3;
            case 4 -> 2;
            case 6 -> 4;
            default -> 1;
        };
        if (width * samples * bits / 8 * height > DEFLATE_RATIO * present) {
            throw new IOException("its " + present + " bytes of data cannot be " + width + "×" + height + " pixels");
        }
    }
}
