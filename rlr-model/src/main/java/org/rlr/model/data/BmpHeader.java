package org.rlr.model.data;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * The headers of a BMP file, compared with the bytes that are there before the JDK's decoder sees the file. Writers
 * disagree on the size that the file header states, so that it does not count.
 */
final class BmpHeader {
    private static final int SIZE = 2;
    private static final int PIXELS_AT = 10;
    private static final int INFO = 14;
    private static final int CORE_LENGTH = 12;

    private final byte[] bytes;
    private final ImageSize size;

    BmpHeader(byte[] bytes) throws IOException {
        this.bytes = bytes;
        ByteBuffer in = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        if (bytes.length < INFO + CORE_LENGTH) {
            throw new IOException("the file ends within its header");
        }
        long length = Integer.toUnsignedLong(in.getInt(INFO));
        if (length < CORE_LENGTH || INFO + length > bytes.length) {
            throw new IOException("its header has " + length + " bytes");
        }
        boolean core = length == CORE_LENGTH;
        if (!core && length != 40 && length != 108 && length != 124) {
            throw ImageException.unsupported("BMP with a header of " + length + " bytes is not supported");
        }
        int width = core ? in.getShort(INFO + 4) & 0xffff : in.getInt(INFO + 4);
        int rows = core ? in.getShort(INFO + 6) & 0xffff : in.getInt(INFO + 8);
        int bits = in.getShort(core ? INFO + 10 : INFO + 14) & 0xffff;
        int compression = core ? 0 : in.getInt(INFO + 16);
        if (width < 1 || rows == 0 || rows == Integer.MIN_VALUE) {
            throw new IOException("its header says " + width + "×" + rows + " pixels");
        }
        size = new ImageSize(width, Math.abs(rows));
        long from = Integer.toUnsignedLong(in.getInt(PIXELS_AT));
        long present = bytes.length - from;
        long wanted = ((long) width * bits + 31) / 32 * 4 * size.height();
        switch (compression) {
            case 0, 3, 6 -> {
                if (wanted > present) {
                    throw new IOException(
                            "the file has " + Math.max(0, present) + " of the " + wanted + " bytes of its pixels");
                }
            }
            case 1, 2 -> {
                // 255 pixels in two bytes
                if (size.pixels() > 128 * Math.max(0, present)) {
                    throw new IOException(
                            "its " + Math.max(0, present) + " bytes of data cannot be " + size + " pixels");
                }
            }
            default -> throw ImageException.unsupported("BMP compression " + compression + " is not supported");
        }
    }

    /** {@return width and height} */
    ImageSize size() {
        return size;
    }

    /** {@return the file, with its own size in its header} */
    byte[] checked() {
        byte[] copy = bytes.clone();
        ByteBuffer.wrap(copy).order(ByteOrder.LITTLE_ENDIAN).putInt(SIZE, copy.length);
        return copy;
    }
}
