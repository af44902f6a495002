package org.rlr.model.data;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.rlr.tensor.InvalidSettingException;

/** Pixels that are read directly from a buffer. */
final class Frame implements Images.Decoded {
    private final ByteBuffer pixels;
    private final ImageSize size;
    private final int rowStride;
    private final PixelFormat format;
    /** The offset of the byte that is read from a sample. */
    private final int offset;

    /** Checks that the rows lie within the buffer, from its position on. */
    Frame(ByteBuffer pixels, int width, int height, int rowStride, PixelFormat format) {
        InvalidSettingException.require(width > 0, "width", width, "at least 1");
        InvalidSettingException.require(height > 0, "height", height, "at least 1");
        long row = (long) width * format.bytes();
        InvalidSettingException.require(
                rowStride >= row,
                "rowStride",
                rowStride,
                "at least " + row + " bytes, for " + width + " pixels of " + format);
        this.size = Images.checked("the frame", new ImageSize(width, height));
        long needed = (height - 1L) * rowStride + row;
        if (pixels.remaining() < needed) {
            throw new ImageException(
                    ImageException.Reason.DAMAGED,
                    "the frame of " + size + " pixels of " + format + " with `rowStride` " + rowStride + " takes "
                            + needed + " bytes, but the buffer has " + pixels.remaining() + " from its position on",
                    "give the whole frame, the buffer's position at its first pixel",
                    null);
        }
        this.pixels = pixels.slice();
        this.rowStride = rowStride;
        this.format = format;
        this.offset = format == PixelFormat.GREY16 && pixels.order() == ByteOrder.LITTLE_ENDIAN ? 1 : 0;
    }

    @Override
    public ImageSize size() {
        return size;
    }

    @Override
    public RgbImage toRgb() {
        byte[] rgb = new byte[Math.multiplyExact(size.width() * RgbImage.CHANNELS, size.height())];
        byte[] row = new byte[size.width() * format.bytes()];
        for (int y = 0, at = 0; y < size.height(); y++) {
            pixels.get(y * rowStride, row);
            for (int from = offset; from < row.length; from += format.bytes(), at += RgbImage.CHANNELS) {
                rgb[at] = row[from + format.red];
                rgb[at + 1] = row[from + format.green];
                rgb[at + 2] = row[from + format.blue];
            }
        }
        return new RgbImage(size.width(), size.height(), rgb);
    }

    @Override
    public MaskPixels toMask() {
        if (format != PixelFormat.GREY16) {
            return MaskPixels.nonZero(toRgb());
        }
        // a mask pixel counts both bytes; an image has only the high one
        boolean[] set = new boolean[Math.multiplyExact(size.width(), size.height())];
        byte[] row = new byte[size.width() * format.bytes()];
        for (int y = 0, at = 0; y < size.height(); y++) {
            pixels.get(y * rowStride, row);
            for (int from = 0; from < row.length; from += format.bytes()) {
                set[at++] = (row[from] | row[from + 1]) != 0;
            }
        }
        return new MaskPixels(set, null);
    }
}
