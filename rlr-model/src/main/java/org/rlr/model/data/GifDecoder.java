package org.rlr.model.data;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * Decodes the first frame of a GIF file on its canvas, like Pillow: the area outside the frame has the transparent
 * colour, or else the first colour; a frame larger than the canvas enlarges it. All codes of the frame must be present;
 * bytes after them are ignored.
 */
final class GifDecoder {
    private static final int EXTENSION = '!';
    private static final int GRAPHIC_CONTROL = 0xf9;
    private static final int IMAGE = ',';
    private static final int COLORS = 256;
    /** The number of codes: they have at most 12 bits. */
    private static final int CODES = 1 << 12;
    /** A code of 12 bits encodes up to 4096 pixels. */
    private static final int PIXELS_PER_BYTE = CODES * 8 / 12 + 1;
    /** The most pixels of a canvas that is accepted with any amount of data. */
    private static final int SMALL = 1 << 22;

    private final ByteBuffer in;
    private final int[] palette = new int[COLORS];
    private final ImageSize canvas;
    private final int left;
    private final int top;
    private final int width;
    private final int height;
    private final boolean interlaced;
    private int outside;

    /**
     * Reads the file up to the data of the first frame.
     *
     * @throws IOException if there is no frame, or it is damaged
     */
    GifDecoder(byte[] file) throws IOException {
        in = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
        require(13);
        int screenWidth = in.getShort(6) & 0xffff;
        int screenHeight = in.getShort(8) & 0xffff;
        int flags = in.get(10);
        in.position(13);
        Arrays.setAll(palette, i -> i * 0x010101); // grey if the file has no table
        readPalette(flags);
        toFrame();
        require(10);
        left = in.getShort() & 0xffff;
        top = in.getShort() & 0xffff;
        width = in.getShort() & 0xffff;
        height = in.getShort() & 0xffff;
        flags = in.get();
        interlaced = (flags & 0x40) != 0;
        if ((flags & 0x80) != 0) {
            readPalette(flags);
        }
        if (width == 0 || height == 0) {
            throw new IOException("its first frame is " + width + "×" + height + " pixels");
        }
        canvas = new ImageSize(Math.max(screenWidth, left + width), Math.max(screenHeight, top + height));
    }

    /** {@return the width and height of the canvas} */
    ImageSize size() {
        return canvas;
    }

    private void require(int bytes) throws IOException {
        if (in.remaining() < bytes) {
            throw new IOException("the file ends before its first frame");
        }
    }

    private void readPalette(int flags) throws IOException {
        if ((flags & 0x80) == 0) {
            return;
        }
        int colors = 2 << (flags & 7);
        require(3 * colors);
        Arrays.fill(palette, 0);
        for (int i = 0; i < colors; i++) {
            palette[i] = (in.get() & 0xff) << 16 | (in.get() & 0xff) << 8 | (in.get() & 0xff);
        }
    }

    /** Skips everything before the first frame, including unknown bytes. */
    private void toFrame() throws IOException {
        while (true) {
            require(1);
            switch (in.get()) {
                case EXTENSION -> {
                    require(2);
                    boolean control = (in.get() & 0xff) == GRAPHIC_CONTROL;
                    int at = in.position();
                    if (control && in.remaining() > 4 && (in.get(at) & 0xff) >= 4 && (in.get(at + 1) & 1) != 0) {
                        outside = in.get(at + 4) & 0xff;
                    }
                    skipBlocks();
                }
                case IMAGE -> {
                    return;
                }
                case ';' -> throw new IOException("it has no frame");
                default -> {}
            }
        }
    }

    private void skipBlocks() throws IOException {
        while (true) {
            require(1);
            int length = in.get() & 0xff;
            if (length == 0) {
                return;
            }
            require(length);
            in.position(in.position() + length);
        }
    }

    /**
     * Decodes the frame.
     *
     * @throws IOException if codes are missing or wrong
     */
    RgbImage decode() throws IOException {
        int data = in.remaining();
        if (Math.max(canvas.pixels() - SMALL, (long) width * height) > (long) PIXELS_PER_BYTE * data) {
            throw new IOException("its " + data + " bytes of data cannot be " + canvas + " pixels");
        }
        byte[] frame = pixels();
        byte[] rgb = new byte[Math.multiplyExact(Math.toIntExact(canvas.pixels()), RgbImage.CHANNELS)];
        if (canvas.pixels() > frame.length) {
            for (int at = 0; at < rgb.length; at += RgbImage.CHANNELS) {
                put(palette[outside], rgb, at);
            }
        }
        int[] rows = rows();
        for (int y = 0, from = 0; y < height; y++) {
            int at = ((top + rows[y]) * canvas.width() + left) * RgbImage.CHANNELS;
            for (int x = 0; x < width; x++, at += RgbImage.CHANNELS) {
                put(palette[frame[from++] & 0xff], rgb, at);
            }
        }
        return new RgbImage(canvas.width(), canvas.height(), rgb);
    }

    private static void put(int color, byte[] rgb, int at) {
        rgb[at] = (byte) (color >> 16);
        rgb[at + 1] = (byte) (color >> 8);
        rgb[at + 2] = (byte) color;
    }

    /** Returns the rows in the order in which they are stored. */
    private int[] rows() {
        int[] rows = new int[height];
        if (!interlaced) {
            Arrays.setAll(rows, y -> y);
            return rows;
        }
        int at = 0;
        for (int[] pass : new int[][] {{0, 8}, {4, 8}, {2, 4}, {1, 2}}) {
            for (int y = pass[0]; y < height; y += pass[1]) {
                rows[at++] = y;
            }
        }
        return rows;
    }

    /** Decodes the colour indices of the frame from variable-length LZW codes (GIF89a, appendix F). */
    private byte[] pixels() throws IOException {
        require(1);
        int depth = in.get() & 0xff;
        if (depth < 2 || depth > 8) {
            throw new IOException("its codes begin with " + depth + " bits");
        }
        byte[] pixels = new byte[Math.multiplyExact(width, height)];
        int clear = 1 << depth;
        int next = clear + 2;
        int bits = depth + 1;
        int previous = -1;
        // the place and the length of each code's string in the output
        int[] starts = new int[CODES];
        int[] lengths = new int[CODES];
        int buffer = 0;
        int buffered = 0;
        int block = 0;
        for (int at = 0; at < pixels.length; ) {
            while (buffered < bits) {
                if (block == 0) {
                    block = in.hasRemaining() ? in.get() & 0xff : 0;
                }
                if (block == 0 || !in.hasRemaining()) {
                    throw missing(at, pixels.length);
                }
                buffer |= (in.get() & 0xff) << buffered;
                buffered += 8;
                block--;
            }
            int code = buffer & ((1 << bits) - 1);
            buffer >>>= bits;
            buffered -= bits;
            if (code == clear) {
                next = clear + 2;
                bits = depth + 1;
                previous = -1;
                continue;
            }
            if (code == clear + 1) {
                throw missing(at, pixels.length);
            }
            if (code > next || (code == next && (previous < 0 || next == CODES))) {
                throw new IOException("a code of its pixels is wrong");
            }
            if (previous >= 0 && next < CODES) {
                // the last string plus the first pixel of this one
                starts[next] = starts[previous];
                lengths[next] = lengths[previous] + 1;
                next++;
                if (next == 1 << bits && bits < 12) {
                    bits++;
                }
            }
            int from = code < clear ? at : starts[code];
            int length = code < clear ? 1 : lengths[code];
            if (code < clear) {
                pixels[at] = (byte) code;
            }
            for (int i = 0; i < length && at + i < pixels.length; i++) {
                pixels[at + i] = pixels[from + i];
            }
            previous = code;
            starts[code] = at;
            lengths[code] = length;
            at += length;
        }
        return pixels;
    }

    private static IOException missing(int present, int wanted) {
        return new IOException("the file has " + present + " of the " + wanted + " pixels of its first frame");
    }
}
