package org.rlr.model.data;

import java.awt.image.WritableRaster;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The first directory of a TIFF file (TIFF 6.0), read before the JDK's decoder. Its claims are compared with the bytes
 * of the file, and the decoder gets only the tags that pixels depend on.
 */
final class TiffHeader {
    private static final int WIDTH = 256;
    private static final int HEIGHT = 257;
    private static final int BITS = 258;
    private static final int COMPRESSION = 259;
    private static final int PHOTOMETRIC = 262;
    private static final int STRIP_OFFSETS = 273;
    private static final int ORIENTATION = 274;
    private static final int SAMPLES = 277;
    private static final int ROWS_PER_STRIP = 278;
    private static final int STRIP_BYTES = 279;
    private static final int PLANAR = 284;
    private static final int PREDICTOR = 317;
    private static final int COLOR_MAP = 320;
    private static final int TILE_WIDTH = 322;
    private static final int TILE_HEIGHT = 323;
    private static final int TILE_OFFSETS = 324;
    private static final int TILE_BYTES = 325;
    private static final int SAMPLE_FORMAT = 339;
    private static final int JPEG_TABLES = 347;
    /**
     * Tags that the decoder gets, in addition to those above: fill order, fax options, predictor, ink set, alpha, JPEG,
     * YCbCr.
     */
    private static final Set<Integer> KEPT = Set.of(
            WIDTH,
            HEIGHT,
            BITS,
            COMPRESSION,
            PHOTOMETRIC,
            266,
            STRIP_OFFSETS,
            SAMPLES,
            ROWS_PER_STRIP,
            STRIP_BYTES,
            PLANAR,
            292,
            293,
            PREDICTOR,
            COLOR_MAP,
            TILE_WIDTH,
            TILE_HEIGHT,
            TILE_OFFSETS,
            TILE_BYTES,
            332,
            338,
            SAMPLE_FORMAT,
            JPEG_TABLES,
            529,
            530,
            531,
            532);

    private static final int PALETTE = 3;
    private static final int CMYK = 5;
    private static final int YCBCR = 6;
    private static final int JPEG = 7;
    private static final int ASCII = 2;
    private static final int SHORT = 3;
    private static final int LONG = 4;
    private static final Set<Integer> FAX_OPTIONS = Set.of(292, 293);
    private static final int[] TYPE_SIZES = {0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4};

    private final ByteBuffer file;
    private final Map<Integer, Entry> entries = new TreeMap<>();
    private final ImageSize stored;

    /** A tag: its type, the number of values and their index; -1 for the default of a missing tag. */
    private record Entry(int tag, int type, int count, int at) {}

    /**
     * Reads the directory.
     *
     * @throws IOException if it is damaged
     */
    TiffHeader(byte[] bytes) throws IOException {
        file = ByteBuffer.wrap(bytes).order(bytes[0] == 'I' ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN);
        long from = bytes.length < 8 ? 0 : Integer.toUnsignedLong(file.getInt(4));
        if (from < 8 || from + 2 > bytes.length) {
            throw new IOException("its directory is not in the file");
        }
        int directory = (int) from;
        int count = file.getShort(directory) & 0xffff;
        if (directory + 2L + 12L * count > bytes.length) {
            throw new IOException("the file ends within its directory");
        }
        for (int i = 0; i < count; i++) {
            entry(directory + 2 + 12 * i);
        }
        stored = new ImageSize(number(WIDTH, 0), number(HEIGHT, 0));
        if (stored.width() < 1 || stored.height() < 1) {
            throw new IOException("its header says " + stored + " pixels");
        }
    }

    private void entry(int at) throws IOException {
        int tag = file.getShort(at) & 0xffff;
        int type = file.getShort(at + 2) & 0xffff;
        if (!KEPT.contains(tag) && tag != ORIENTATION) {
            return;
        }
        long values = Integer.toUnsignedLong(file.getInt(at + 4));
        if (type < 1 || type >= TYPE_SIZES.length || values < 1) {
            throw new IOException("tag " + tag + " has " + values + " values of type " + type);
        }
        long bytes = values * TYPE_SIZES[type];
        long where = bytes <= 4 ? at + 8 : Integer.toUnsignedLong(file.getInt(at + 8));
        if (where + bytes > file.limit()) {
            throw new IOException("the file ends before the " + values + " values of tag " + tag);
        }
        entries.putIfAbsent(tag, new Entry(tag, type, (int) values, (int) where));
    }

    private int number(int tag, int otherwise) throws IOException {
        return number(tag, 0, otherwise);
    }

    private int number(int tag, int index, int otherwise) throws IOException {
        Entry entry = entries.get(tag);
        long value = entry == null ? otherwise : value(entry, index);
        return (int) Math.min(Integer.MAX_VALUE, value);
    }

    private long value(Entry entry, int index) throws IOException {
        int at = entry.at + index * TYPE_SIZES[entry.type];
        return switch (entry.type) {
            case 1 -> file.get(at) & 0xff;
            case 3 -> file.getShort(at) & 0xffff;
            case 4 -> Integer.toUnsignedLong(file.getInt(at));
            default -> throw new IOException("tag " + entry.tag + " is of type " + entry.type);
        };
    }

    /** {@return the width and height of the image, turned by its orientation} */
    ImageSize size() throws IOException {
        return orientation() > 4 ? new ImageSize(/* width= */ stored.height(), /* height= */ stored.width()) : stored;
    }

    /** {@return the orientation tag, 1 to 8; 1 if it is missing} */
    int orientation() throws IOException {
        int orientation = number(ORIENTATION, 1);
        return orientation >= 1 && orientation <= 8 ? orientation : 1;
    }

    /** {@return the palette's colours, the high bytes of its samples as {@code 0xffRRGGBB}; null without a palette} */
    int @Nullable [] palette() throws IOException {
        Entry map = entries.get(COLOR_MAP);
        if (map == null || number(PHOTOMETRIC, 0) != PALETTE) {
            return null;
        }
        int colors = map.count / 3;
        int[] palette = new int[colors];
        for (int i = 0; i < colors; i++) {
            palette[i] = 0xff000000;
            for (int channel = 0; channel < 3; channel++) {
                palette[i] |= ((int) value(map, channel * colors + i) >> 8) << (16 - 8 * channel);
            }
        }
        return palette;
    }

    /**
     * Checks that the file has the bytes that its header claims.
     *
     * @return the file with only the tags that pixels depend on
     * @throws IOException if bytes are missing
     * @throws ImageException if the image is of an unsupported kind
     */
    byte[] checked() throws IOException {
        int bits = number(BITS, 1);
        int samples = number(SAMPLES, 1);
        int compression = number(COMPRESSION, 1);
        int format = number(SAMPLE_FORMAT, 1);
        if (format != 1 && format != 4) {
            throw ImageException.unsupported(
                    format == 2
                            ? "signed samples are not supported"
                            : "samples that are not integers are not supported");
        }
        requireAllAlike(BITS, "samples of different sizes");
        requireAllAlike(SAMPLE_FORMAT, "samples of different kinds");
        if (bits != 1 && bits != 2 && bits != 4 && bits != 8 && bits != 16) {
            throw ImageException.unsupported("samples of " + bits + " bits are not supported");
        }
        if (samples < 1 || samples > 8) {
            throw ImageException.unsupported(samples + " samples per pixel are not supported");
        }
        int colors = number(PHOTOMETRIC, 0);
        // for other kinds the decoder and Pillow differ
        if (colors > YCBCR || colors == 4) {
            throw ImageException.unsupported("only grey, RGB, palette, CMYK and JPEG's YCbCr colours are supported");
        }
        if (colors == YCBCR && compression != JPEG) {
            throw ImageException.unsupported("YCbCr colours without JPEG compression are not supported");
        }
        // the decoder reads such samples from wrong places
        if (bits != 8 && (colors == CMYK || (bits < 8 && samples > 1 && number(PLANAR, 1) == 2))) {
            throw ImageException.unsupported(
                    (colors == CMYK ? "CMYK" : "planes") + " of samples of " + bits + " bits are not supported");
        }
        if (number(PREDICTOR, 1) != 1 && bits != 8 && (predictedColumns() == 0 || colors == 0)) {
            throw ImageException.unsupported(
                    "predictor " + number(PREDICTOR, 1) + " with samples of " + bits + " bits is not supported");
        }
        int jpegSamples = colors == 1 ? 1 : colors == CMYK ? 4 : 3;
        boolean plain = bits == 8 && samples == jpegSamples && number(PLANAR, 1) != 2;
        if (compression == JPEG && (!plain || colors == 0 || colors == PALETTE)) {
            throw ImageException.unsupported("JPEG compression of this kind of samples is not supported");
        }
        int planes = number(PLANAR, 1) == 2 ? samples : 1;
        long count = (tiled() ? tiles() : strips()) * planes;
        long present = pieces(count);
        // tiles are complete, even across the edge of the image
        long rows = tiled() ? count / planes * number(TILE_HEIGHT, 0) : stored.height();
        long row = ((tiled() ? number(TILE_WIDTH, 0) : stored.width()) * (long) (samples / planes) * bits + 7) / 8;
        double wanted = (double) row * planes * rows;
        // every row of a fax page takes at least one bit, and none is wider than 65,536 pixels
        boolean fax = compression >= 2 && compression <= 4;
        double possible = (double) present * (fax ? Math.min(8 * row, 1 << 16) : largestRatio(compression));
        if (wanted > possible) {
            throw new IOException("its " + present + " bytes of data cannot be " + stored + " pixels");
        }
        return cleaned();
    }

    /** Throws unless the tag has the same value for every sample of a pixel. */
    private void requireAllAlike(int tag, String otherwise) throws IOException {
        Entry entry = entries.get(tag);
        for (int i = 1; entry != null && i < entry.count; i++) {
            if (value(entry, i) != value(entry, 0)) {
                throw ImageException.unsupported(otherwise + " are not supported");
            }
        }
    }

    /**
     * Returns the columns over which 16-bit samples are stored as differences, which the decoder cannot add; 0 for
     * none.
     */
    private int predictedColumns() throws IOException {
        int compression = number(COMPRESSION, 1);
        boolean predicted = number(PREDICTOR, 1) == 2 && number(BITS, 1) == 16;
        return predicted && (compression == 5 || compression == 8 || compression == 32946)
                ? number(TILE_WIDTH, stored.width())
                : 0;
    }

    /** Adds up samples stored as differences from their neighbours, if the decoder has not done so. */
    void sum(WritableRaster raster) throws IOException {
        int columns = predictedColumns();
        if (columns == 0) {
            return;
        }
        int bands = raster.getNumBands();
        int[] row = new int[raster.getWidth() * bands];
        for (int y = 0; y < raster.getHeight(); y++) {
            raster.getPixels(0, y, raster.getWidth(), 1, row);
            for (int i = bands; i < row.length; i++) {
                if (i / bands % columns != 0) {
                    row[i] = (row[i] + row[i - bands]) & 0xffff;
                }
            }
            raster.setPixels(0, y, raster.getWidth(), 1, row);
        }
    }

    private static int largestRatio(int compression) {
        return switch (compression) {
            case 1 -> 1;
            case 5 -> 2048; // strings of up to 4096 bytes in codes of 9 to 12 bits
            case JPEG -> 1024; // two codes for a block of 64
            case 8, 32946 -> 1032; // 258 bytes in two bits
            case 32773 -> 64;
            default -> throw ImageException.unsupported("compression " + compression + " is not supported");
        };
    }

    private long strips() throws IOException {
        long rows = Math.max(1, number(ROWS_PER_STRIP, Integer.MAX_VALUE));
        return (stored.height() + rows - 1) / rows;
    }

    private long tiles() throws IOException {
        long across = number(TILE_WIDTH, 0);
        long down = number(TILE_HEIGHT, 0);
        if (across < 1 || down < 1 || across > 1 << 16 || down > 1 << 16) {
            throw new IOException("its tiles are of " + across + "×" + down + " pixels");
        }
        return ((stored.width() + across - 1) / across) * ((stored.height() + down - 1) / down);
    }

    private boolean tiled() {
        return entries.containsKey(TILE_OFFSETS);
    }

    /** Returns the bytes of all strips or tiles; throws if one is not in the file. */
    private long pieces(long count) throws IOException {
        Entry from = entries.get(tiled() ? TILE_OFFSETS : STRIP_OFFSETS);
        Entry bytes = entries.get(tiled() ? TILE_BYTES : STRIP_BYTES);
        if (from == null || bytes == null || from.count < count || bytes.count < count) {
            throw new IOException("the positions of its " + count + " strips or tiles are missing");
        }
        long sum = 0;
        for (int i = 0; i < count; i++) {
            long end = value(from, i) + value(bytes, i);
            if (end > file.limit()) {
                throw new IOException("the file ends within its pixels");
            }
            sum += value(bytes, i);
        }
        return sum;
    }

    /** {@return whether the pixels are JPEG files; read them with {@link #jpeg}} */
    boolean isJpeg() throws IOException {
        return number(COMPRESSION, 1) == JPEG;
    }

    /**
     * Reads an image whose strips or tiles are JPEG files, walked like any other. Call {@link #checked} first.
     *
     * @throws IOException if one is damaged or of another size
     */
    RgbImage jpeg() throws IOException {
        JpegDecoder.Encoding encoding = switch (number(PHOTOMETRIC, 0)) {
            case CMYK -> JpegDecoder.Encoding.INK;
            case YCBCR -> JpegDecoder.Encoding.YCBCR;
            default -> number(SAMPLES, 1) == 1 ? JpegDecoder.Encoding.GREY : JpegDecoder.Encoding.RGB;
        };
        int width = tiled() ? number(TILE_WIDTH, 0) : stored.width();
        int height =
                tiled() ? number(TILE_HEIGHT, 0) : Math.min(number(ROWS_PER_STRIP, stored.height()), stored.height());
        byte[] rgb = new byte[Math.toIntExact(stored.pixels() * RgbImage.CHANNELS)];
        int across = (stored.width() + width - 1) / width;
        for (int i = 0, count = (int) (tiled() ? tiles() : strips()); i < count; i++) {
            int left = i % across * width;
            int top = i / across * height;
            int columns = Math.min(width, stored.width() - left);
            int rows = Math.min(height, stored.height() - top);
            byte[] file = jpegFile(i);
            ImageSize size = JpegWalk.size(Images.memoryStream(file));
            if (size.width() < columns || size.height() < rows || size.width() > width || size.height() > height) {
                throw new IOException("a strip or tile is " + size + " pixels instead of " + columns + "×" + rows);
            }
            RgbImage piece = JpegDecoder.decode(file, encoding).toRgb();
            for (int y = 0; y < rows; y++) {
                System.arraycopy(
                        piece.rgb(),
                        y * piece.width() * RgbImage.CHANNELS,
                        rgb,
                        ((top + y) * stored.width() + left) * RgbImage.CHANNELS,
                        columns * RgbImage.CHANNELS);
            }
        }
        return new RgbImage(stored.width(), stored.height(), rgb);
    }

    /** Returns a strip or tile with the shared tables. */
    private byte[] jpegFile(int piece) throws IOException {
        int at = number(tiled() ? TILE_OFFSETS : STRIP_OFFSETS, piece, 0);
        int length = number(tiled() ? TILE_BYTES : STRIP_BYTES, piece, 0);
        Entry tables = entries.get(JPEG_TABLES);
        int shared = tables == null || tables.count < 4 ? 2 : tables.count - 2; // without the end marker
        int sharedAt = tables == null || shared == 2 ? at : tables.at;
        if (length < 2) {
            throw new IOException("a strip or tile has " + length + " bytes");
        }
        byte[] whole = new byte[shared + length - 2]; // without its start marker
        file.get(sharedAt, whole, 0, shared);
        file.get(at + 2, whole, shared, length - 2);
        return whole;
    }

    /**
     * Returns the file with a new directory at its end that the decoder understands: it does not know the defaults of
     * two tags, nor small numbers stored in wide types.
     */
    private byte[] cleaned() throws IOException {
        int at = file.limit() + (file.limit() & 1);
        ByteBuffer clean = ByteBuffer.wrap(Arrays.copyOf(file.array(), at + 2 + 12 * (entries.size() + 2) + 4))
                .order(file.order());
        clean.putInt(4, at).position(at + 2);
        Map<Integer, Entry> all = new TreeMap<>(entries);
        all.remove(ORIENTATION);
        if (predictedColumns() > 0) {
            all.remove(PREDICTOR);
        }
        all.putIfAbsent(COMPRESSION, new Entry(COMPRESSION, SHORT, 1, -1));
        all.putIfAbsent(PHOTOMETRIC, new Entry(PHOTOMETRIC, SHORT, 1, -1));
        for (Entry entry : all.values()) {
            clean.putShort((short) entry.tag);
            long number = entry.count == 1 && entry.type <= LONG ? plain(entry) : -1;
            if (number >= 0 && number <= 0xffff && !FAX_OPTIONS.contains(entry.tag)) {
                clean.putShort((short) SHORT).putInt(1).putShort((short) number).putShort((short) 0);
            } else if (number >= 0) {
                clean.putShort((short) LONG).putInt(1).putInt((int) number);
            } else {
                int bytes = entry.count * TYPE_SIZES[entry.type];
                clean.putShort((short) entry.type).putInt(entry.count);
                clean.putInt(bytes <= 4 ? file.getInt(entry.at) : entry.at);
            }
        }
        clean.putShort(at, (short) all.size());
        return clean.array();
    }

    /** Returns the value of a tag with one number; -1 for a text. */
    private long plain(Entry entry) throws IOException {
        if (entry.at < 0) {
            return entry.tag == COMPRESSION ? 1 : 0;
        }
        if (entry.tag == ROWS_PER_STRIP) {
            return Math.min(value(entry, 0), stored.height());
        }
        return entry.type == ASCII ? -1 : value(entry, 0);
    }
}
