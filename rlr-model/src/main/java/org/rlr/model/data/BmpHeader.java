package org.rlr.model.data;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Set;

/**
 * The headers of a BMP file, compared with the bytes of the file before the JDK's decoder reads it. The file size in
 * the header is ignored, because writers disagree on it. The decoder gets a plain 40-byte header and no run lengths,
 * because it accepts damaged ones.
 */
final class BmpHeader {
    private static final int SIZE = 2;
    private static final int PIXELS_AT = 10;
    private static final int INFO = 14;
    private static final int CORE_LENGTH = 12;
    private static final int INFO_LENGTH = 40;
    /** Lengths of the headers that begin like the 40-byte header. */
    private static final Set<Long> LENGTHS = Set.of(40L, 52L, 56L, 64L, 108L, 124L);

    private static final int BITS = INFO + 14;
    private static final int COMPRESSION = INFO + 16;
    private static final int IMAGE_SIZE = INFO + 20;
    private static final int COLORS = INFO + 32;
    private static final int BIT_FIELDS = 3;

    private final ByteBuffer in;
    private final int length;
    private final ImageSize size;
    private final int bits;
    /** Bytes of colour masks after the first 40 bytes of the header. */
    private final int masks;
    /** Bytes of the palette, which follows header and masks. */
    private final int palette;
    /** The index of the first byte of the pixels. */
    private final int from;
    /** Bits per run-length coded sample; 0 for pixels without run lengths. */
    private final int runBits;

    BmpHeader(byte[] bytes) throws IOException {
        in = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        if (bytes.length < INFO + CORE_LENGTH) {
            throw new IOException("the file ends within its header");
        }
        long headerLength = Integer.toUnsignedLong(in.getInt(INFO));
        if (headerLength < CORE_LENGTH || INFO + headerLength > bytes.length) {
            throw new IOException("its header has " + headerLength + " bytes");
        }
        boolean core = headerLength == CORE_LENGTH;
        if (!core && !LENGTHS.contains(headerLength)) {
            throw ImageException.unsupported("BMP with a header of " + headerLength + " bytes is not supported");
        }
        length = (int) headerLength;
        int width = core ? in.getShort(INFO + 4) & 0xffff : in.getInt(INFO + 4);
        int rows = core ? in.getShort(INFO + 6) & 0xffff : in.getInt(INFO + 8);
        bits = in.getShort(core ? INFO + 10 : BITS) & 0xffff;
        int compression = core ? 0 : in.getInt(COMPRESSION);
        if (width < 1 || rows == 0 || rows == Integer.MIN_VALUE) {
            throw new IOException("its header says " + width + "×" + rows + " pixels");
        }
        size = new ImageSize(width, Math.abs(rows));
        masks = compression == BIT_FIELDS ? 12 : 0;
        if (compression < 0 || compression > (length == 64 ? 2 : BIT_FIELDS)) {
            throw ImageException.unsupported("BMP compression " + compression + " is not supported");
        }
        if (masks > 0 && bits <= 8) {
            throw new IOException("its header says colour masks of " + bits + " bits");
        }
        long colorsAt = (long) INFO + length + (length == INFO_LENGTH ? masks : 0);
        long pixelsAt = Integer.toUnsignedLong(in.getInt(PIXELS_AT));
        int entry = core ? 3 : 4;
        long colors = 0;
        if (bits <= 8) {
            long used = core ? 0 : Integer.toUnsignedLong(in.getInt(COLORS));
            colors = used == 0 ? 1 << bits : Math.min(used, 1 << bits);
            // like Pillow for a file whose header leaves no room for the palette
            pixelsAt += pixelsAt == colorsAt ? entry * colors : 0;
            colors = Math.min(colors, (pixelsAt - colorsAt) / entry);
        }
        if (pixelsAt < colorsAt || pixelsAt > bytes.length) {
            throw new IOException("its pixels are said to begin at byte " + pixelsAt);
        }
        from = (int) pixelsAt;
        palette = (int) (entry * colors);
        runBits = compression == 1 || compression == 2 ? 8 / compression : 0;
        long wanted = row(bits) * size.height();
        int present = bytes.length - from;
        if (runBits == 0 && wanted > present) {
            throw new IOException("the file has " + present + " of the " + wanted + " bytes of its pixels");
        }
        if (runBits != 0 && bits != runBits) {
            throw new IOException("its header says run lengths of " + bits + " bits");
        }
        // two bytes encode up to 255 pixels
        if (runBits != 0 && size.pixels() > 128L * present) {
            throw new IOException("its " + present + " bytes of data cannot be " + size + " pixels");
        }
    }

    /** {@return the width and height} */
    ImageSize size() {
        return size;
    }

    /** Returns the bytes of a row. */
    private long row(int bitsPerPixel) {
        return ((long) size.width() * bitsPerPixel + 31) / 32 * 4;
    }

    /**
     * {@return the file with its true size in the header, a header of 12 or 40 bytes, and no run lengths}
     *
     * @throws IOException if run lengths are damaged
     */
    byte[] checked() throws IOException {
        int plainBits = runBits == 0 ? bits : 8;
        int head = INFO + Math.min(length, INFO_LENGTH);
        int at = head + masks + palette;
        ByteBuffer plain = ByteBuffer.allocate(Math.toIntExact(at + row(plainBits) * size.height()))
                .order(ByteOrder.LITTLE_ENDIAN);
        plain.put(0, in.array(), 0, head + masks); // after 40 bytes in every header that has them
        plain.put(head + masks, in.array(), Math.max(INFO + length, head + masks), palette);
        plain.putInt(SIZE, plain.capacity());
        plain.putInt(PIXELS_AT, at);
        if (length > CORE_LENGTH) {
            plain.putInt(INFO, INFO_LENGTH);
            plain.putShort(BITS, (short) plainBits);
            plain.putInt(COMPRESSION, masks > 0 ? BIT_FIELDS : 0);
            plain.putInt(IMAGE_SIZE, 0);
            plain.putInt(COLORS, palette / 4);
        }
        if (runBits == 0) {
            plain.put(at, in.array(), from, plain.capacity() - at);
        } else {
            expand(plain.array(), at);
        }
        return plain.array();
    }

    /** Writes the samples from {@code at} on; skipped samples are 0. */
    private void expand(byte[] plain, int at) throws IOException {
        in.position(from);
        int row = (int) row(8);
        int x = 0;
        int y = 0;
        // the end marker is optional
        while (y < size.height() - 1 || (y < size.height() && x < size.width())) {
            int count = next();
            int value = next();
            if (count > 0) {
                requireRoom(x, count);
                for (int i = 0; i < count; i++, x++) {
                    plain[at + y * row + x] = sample(value, i);
                }
            } else if (value == 0) {
                x = 0;
                y++;
            } else if (value == 1) {
                throw new IOException("its run lengths end in row " + y + " of " + size.height());
            } else if (value == 2) {
                int right = next();
                requireRoom(x, right);
                x += right;
                y += next();
            } else {
                requireRoom(x, value);
                int bytes = (value * runBits + 7) / 8;
                for (int i = 0, pair = 0; i < value; i++, x++) {
                    pair = runBits == 8 || i % 2 == 0 ? next() : pair;
                    plain[at + y * row + x] = sample(pair, i);
                }
                if (bytes % 2 != 0 && in.hasRemaining()) {
                    in.get(); // padding to an even number of bytes
                }
            }
        }
        if (y > size.height()) {
            throw new IOException("its run lengths lead out of the image");
        }
    }

    private byte sample(int value, int index) {
        if (runBits == 8) {
            return (byte) value;
        }
        return (byte) (index % 2 == 0 ? value >> 4 : value & 15);
    }

    private void requireRoom(int x, int count) throws IOException {
        if (x + count > size.width()) {
            throw new IOException("a row of it has more than " + size.width() + " pixels");
        }
    }

    private int next() throws IOException {
        if (!in.hasRemaining()) {
            throw new IOException("the file ends within its run lengths");
        }
        return in.get() & 0xff;
    }
}
