package org.rlr.model.data;

import java.awt.image.Raster;
import java.io.IOException;
import javax.imageio.ImageReader;
import javax.imageio.stream.ImageInputStream;

/**
 * Decodes JPEG to RGB. The JDK decodes the samples of a file that {@link JpegWalk} has checked and cleaned. This class
 * converts the colours with the rules and integer arithmetic of libjpeg, because the JDK cannot read CMYK, shifts grey
 * values, and applies embedded colour profiles.
 */
final class JpegDecoder implements Images.Decoded {
    /** The colour encoding of a pixel's samples. */
    enum Encoding {
        GREY(1),
        YCBCR(3),
        RGB(3),
        /** As Adobe writes it, inverted. */
        YCCK(4),
        /** As Adobe writes it, inverted. */
        CMYK(4),
        /** Cyan, magenta, yellow and black, not inverted. */
        INK(4);

        private final int components;

        Encoding(int components) {
            this.components = components;
        }
    }

    private static final int SCALE_BITS = 16;
    private static final int HALF = 1 << (SCALE_BITS - 1);

    private final Raster raster;
    private final Encoding encoding;

    private JpegDecoder(Raster raster, Encoding encoding) {
        this.raster = raster;
        this.encoding = encoding;
    }

    static JpegDecoder decode(byte[] file) throws IOException {
        JpegWalk walk = JpegWalk.of(file);
        return decode(walk, encodingOf(walk));
    }

    /** Decodes a file whose encoding is known from elsewhere. */
    static JpegDecoder decode(byte[] file, Encoding encoding) throws IOException {
        JpegWalk walk = JpegWalk.of(file);
        if (walk.components() != encoding.components) {
            throw new IOException(
                    "it has " + walk.components() + " components of colour instead of " + encoding.components);
        }
        return decode(walk, encoding);
    }

    private static JpegDecoder decode(JpegWalk walk, Encoding encoding) throws IOException {
        ImageReader reader = ImageFormat.JPEG.reader();
        DamageListener damage = new DamageListener();
        reader.addIIOReadWarningListener(damage);
        try (ImageInputStream stream = Images.memoryStream(walk.cleaned())) {
            reader.setInput(stream, true, true);
            Raster raster = reader.readRaster(0, null);
            damage.check();
            return new JpegDecoder(raster, encoding);
        } finally {
            reader.dispose();
        }
    }

    @Override
    public ImageSize size() {
        return new ImageSize(raster.getWidth(), raster.getHeight());
    }

    @Override
    public MaskPixels toMask() {
        return MaskPixels.compressed(toRgb());
    }

    @Override
    public RgbImage toRgb() {
        int width = raster.getWidth();
        int height = raster.getHeight();
        int bands = raster.getNumBands();
        byte[] rgb = new byte[Math.multiplyExact(Math.multiplyExact(width, height), RgbImage.CHANNELS)];
        byte[] row = new byte[width * bands];
        for (int y = 0, at = 0; y < height; y++) {
            raster.getDataElements(0, y, width, 1, row);
            for (int from = 0; from < row.length; from += bands, at += RgbImage.CHANNELS) {
                convert(row, from, rgb, at);
            }
        }
        return new RgbImage(width, height, rgb);
    }

    private void convert(byte[] row, int from, byte[] rgb, int at) {
        switch (encoding) {
            case GREY -> rgb[at] = rgb[at + 1] = rgb[at + 2] = row[from];
            case RGB -> {
                rgb[at] = row[from];
                rgb[at + 1] = row[from + 1];
                rgb[at + 2] = row[from + 2];
            }
            case YCBCR -> lumaToRgb(row, from, rgb, at);
            // Adobe stores ink inverted, 255 for none; YCCK is the complement of that in its first three components, so
            // the ink itself
            case YCCK -> {
                lumaToRgb(row, from, rgb, at);
                PixelReader.inkToRgb(
                        rgb[at] & 0xff, rgb[at + 1] & 0xff, rgb[at + 2] & 0xff, 255 - (row[from + 3] & 0xff), rgb, at);
            }
            case INK ->
                PixelReader.inkToRgb(
                        row[from] & 0xff, row[from + 1] & 0xff, row[from + 2] & 0xff, row[from + 3] & 0xff, rgb, at);
            case CMYK ->
                PixelReader.inkToRgb(
                        255 - (row[from] & 0xff),
                        255 - (row[from + 1] & 0xff),
                        255 - (row[from + 2] & 0xff),
                        255 - (row[from + 3] & 0xff),
                        rgb,
                        at);
        }
    }

    /** Converts YCbCr to RGB: ITU-R BT.601 full range, as in JFIF, in 16-bit fixed point. */
    private static void lumaToRgb(byte[] row, int from, byte[] rgb, int at) {
        int luma = row[from] & 0xff;
        int blue = (row[from + 1] & 0xff) - 128;
        int red = (row[from + 2] & 0xff) - 128;
        rgb[at] = clip(luma + ((fixed(1.40200) * red + HALF) >> SCALE_BITS));
        rgb[at + 1] = clip(luma + ((-fixed(0.34414) * blue - fixed(0.71414) * red + HALF) >> SCALE_BITS));
        rgb[at + 2] = clip(luma + ((fixed(1.77200) * blue + HALF) >> SCALE_BITS));
    }

    private static int fixed(double factor) {
        return (int) (factor * (1 << SCALE_BITS) + 0.5);
    }

    private static byte clip(int value) {
        return (byte) Math.max(0, Math.min(255, value));
    }

    /**
     * Returns the encoding by the number of components, the JFIF and Adobe markers and the components' names, checked
     * in libjpeg's order.
     */
    private static Encoding encodingOf(JpegWalk walk) {
        int transform = walk.adobeTransform();
        return switch (walk.components()) {
            case 1 -> Encoding.GREY;
            case 3 -> {
                if (walk.jfif()) {
                    yield Encoding.YCBCR;
                }
                if (transform >= 0) {
                    yield transform == 0 ? Encoding.RGB : Encoding.YCBCR;
                }
                yield walk.namedRgb() ? Encoding.RGB : Encoding.YCBCR;
            }
            default -> transform > 0 ? Encoding.YCCK : Encoding.CMYK;
        };
    }
}
