package org.rlr.model.data;

import java.awt.color.ColorSpace;
import java.awt.image.BufferedImage;
import java.awt.image.ColorModel;
import java.awt.image.ComponentColorModel;
import java.awt.image.DataBuffer;
import java.awt.image.DirectColorModel;
import java.awt.image.IndexColorModel;
import java.awt.image.PixelInterleavedSampleModel;
import java.awt.image.Raster;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Reads the samples of a decoded image as stored in the file. Java's own conversion ({@code getRGB}) applies colour
 * profiles and changes grey values; here every sample keeps its value, as in the tools with which the published models
 * were trained.
 */
abstract class PixelReader implements Images.Decoded {
    /** The most colours of a mask whose colours are kinds of defects. */
    private static final int LABELS = 32;

    final Raster raster;
    final int width;
    final int height;

    private PixelReader(Raster raster) {
        this.raster = raster;
        this.width = raster.getWidth();
        this.height = raster.getHeight();
    }

    /** Writes row {@code y} as 8-bit RGB to {@code rgb}, from {@code at} on. */
    abstract void readRgb(int y, byte[] rgb, int at);

    /** Writes whether each pixel of row {@code y} has a colour sample above zero to {@code set}, from {@code at} on. */
    void readNonZero(int y, boolean[] set, int at) {
        byte[] rgb = new byte[width * RgbImage.CHANNELS];
        readRgb(y, rgb, 0);
        for (int x = 0, from = 0; x < width; x++, from += RgbImage.CHANNELS) {
            set[at + x] = (rgb[from] | rgb[from + 1] | rgb[from + 2]) != 0;
        }
    }

    @Override
    public ImageSize size() {
        return new ImageSize(width, height);
    }

    @Override
    public RgbImage toRgb() {
        byte[] rgb = new byte[Math.multiplyExact(Math.multiplyExact(width, height), RgbImage.CHANNELS)];
        for (int y = 0; y < height; y++) {
            readRgb(y, rgb, y * width * RgbImage.CHANNELS);
        }
        return new RgbImage(width, height, rgb);
    }

    @Override
    public MaskPixels toMask() {
        boolean[] set = new boolean[Math.multiplyExact(width, height)];
        for (int y = 0; y < height; y++) {
            readNonZero(y, set, y * width);
        }
        boolean[] opaque = hasAlpha() && isOneColor(set) ? opaque() : null;
        if (opaque != null) {
            return new MaskPixels(opaque, MaskTrait.ALPHA);
        }
        return new MaskPixels(set, hasManyColors() ? MaskTrait.SOFT : null);
    }

    private boolean hasManyColors() {
        Set<Integer> colors = new HashSet<>();
        byte[] rgb = new byte[width * RgbImage.CHANNELS];
        for (int y = 0; y < height && colors.size() <= LABELS; y++) {
            readRgb(y, rgb, 0);
            int last = -1;
            for (int at = 0; at < rgb.length; at += RgbImage.CHANNELS) {
                int color = (rgb[at] & 0xff) << 16 | (rgb[at + 1] & 0xff) << 8 | (rgb[at + 2] & 0xff);
                if (color != last) {
                    colors.add(color);
                    last = color;
                }
            }
        }
        return colors.size() > LABELS;
    }

    /** Returns whether pixels have an alpha sample. */
    abstract boolean hasAlpha();

    /** Reads the alpha samples of row {@code y}. */
    abstract void readAlpha(int y, int[] alpha);

    private boolean isOneColor(boolean[] set) {
        byte[] rgb = new byte[width * RgbImage.CHANNELS];
        readRgb(0, rgb, 0);
        byte[] first = Arrays.copyOf(rgb, RgbImage.CHANNELS);
        for (int y = 0; y < height; y++) {
            readRgb(y, rgb, 0);
            for (int x = 0; x < width; x++) {
                int at = x * RgbImage.CHANNELS;
                if (set[y * width + x] != set[0]
                        || !Arrays.equals(rgb, at, at + RgbImage.CHANNELS, first, 0, RgbImage.CHANNELS)) {
                    return false;
                }
            }
        }
        return true;
    }

    /** Returns which pixels are more opaque than the least opaque ones; null if all are equal. */
    private boolean @Nullable [] opaque() {
        int[] alpha = new int[width * height];
        int[] row = new int[width];
        for (int y = 0; y < height; y++) {
            readAlpha(y, row);
            System.arraycopy(row, 0, alpha, y * width, width);
        }
        int least = Arrays.stream(alpha).min().orElse(0);
        boolean[] opaque = new boolean[alpha.length];
        boolean any = false;
        for (int i = 0; i < alpha.length; i++) {
            opaque[i] = alpha[i] > least;
            any |= opaque[i];
        }
        return any ? opaque : null;
    }

    /**
     * Converts cyan, magenta, yellow and black ink of 0…255 to red, green and blue: {@code (255 − k)·(255 − c)/255}.
     */
    static void inkToRgb(int cyan, int magenta, int yellow, int black, byte[] rgb, int at) {
        int light = 255 - black;
        rgb[at] = (byte) (light - scale(cyan, light));
        rgb[at + 1] = (byte) (light - scale(magenta, light));
        rgb[at + 2] = (byte) (light - scale(yellow, light));
    }

    /** Returns {@code a·b/255}, rounded. */
    private static int scale(int a, int b) {
        int product = a * b + 128;
        return ((product >> 8) + product) >> 8;
    }

    /** Like {@link #of(BufferedImage)}, with other palette colours if given. */
    static PixelReader of(BufferedImage image, int @Nullable [] palette) {
        if (palette == null || !(image.getColorModel() instanceof IndexColorModel model)) {
            return of(image);
        }
        int[] table = new int[palette.length];
        for (int i = 0; i < table.length; i++) {
            int alpha = i < model.getMapSize() ? model.getAlpha(i) : 255;
            table[i] = (palette[i] & 0xffffff) | (alpha << 24);
        }
        return new Palette(image.getRaster(), table);
    }

    /** Returns the reader for an image's kind of samples; throws an {@link ImageException} for an unsupported kind. */
    static PixelReader of(BufferedImage image) {
        ColorModel colors = image.getColorModel();
        Raster raster = image.getRaster();
        if (colors instanceof IndexColorModel palette) {
            int[] table = new int[palette.getMapSize()];
            palette.getRGBs(table);
            return new Palette(raster, table);
        }
        if (colors instanceof DirectColorModel && colors.getColorSpace().isCS_sRGB()) {
            return colors.isAlphaPremultiplied() ? new Components(raster, colors, 3) : new Packed(raster, colors);
        }
        if (!(colors instanceof ComponentColorModel)) {
            throw ImageException.unsupported(
                    "the colour model " + colors.getClass().getSimpleName() + " is not supported");
        }
        int type = raster.getDataBuffer().getDataType();
        if (type != DataBuffer.TYPE_BYTE && type != DataBuffer.TYPE_USHORT) {
            throw ImageException.unsupported(
                    "samples that are not unsigned integers of 8 or 16 bits are not supported");
        }
        return switch (colors.getColorSpace().getType()) {
            case ColorSpace.TYPE_GRAY -> new Components(raster, colors, 1);
            case ColorSpace.TYPE_RGB -> new Components(raster, colors, 3);
            case ColorSpace.TYPE_CMYK -> new Components(raster, colors, 4);
            default -> throw ImageException.unsupported("only grey, RGB and CMYK colours are supported");
        };
    }

    /** Reads one index per pixel into a table of colours; also 1-, 2- and 4-bit grey. */
    private static final class Palette extends PixelReader {
        private final int[] colors;
        private final int[] row;

        Palette(Raster raster, int[] palette) {
            super(raster);
            // an index beyond the table is black
            colors =
                    Arrays.copyOf(palette, Math.max(1 << raster.getSampleModel().getSampleSize(0), palette.length));
            Arrays.fill(colors, palette.length, colors.length, 0xff000000);
            row = new int[width];
        }

        @Override
        boolean hasAlpha() {
            return Arrays.stream(colors).anyMatch(color -> color >>> 24 != 255);
        }

        @Override
        void readAlpha(int y, int[] alpha) {
            raster.getSamples(0, y, width, 1, 0, row);
            for (int x = 0; x < width; x++) {
                alpha[x] = colors[row[x]] >>> 24;
            }
        }

        @Override
        void readRgb(int y, byte[] rgb, int at) {
            raster.getSamples(0, y, width, 1, 0, row);
            for (int x = 0; x < width; x++, at += 3) {
                int color = colors[row[x]];
                rgb[at] = (byte) (color >> 16);
                rgb[at + 1] = (byte) (color >> 8);
                rgb[at + 2] = (byte) color;
            }
        }
    }

    /** Reads several samples packed in one number: the usual in-memory kinds of Java, and 16-bit BMP. */
    private static final class Packed extends PixelReader {
        private final int bands;
        private final int[] largest = new int[RgbImage.CHANNELS];
        private final int[] row;

        Packed(Raster raster, ColorModel colors) {
            super(raster);
            bands = raster.getNumBands();
            for (int channel = 0; channel < RgbImage.CHANNELS; channel++) {
                largest[channel] = (1 << colors.getComponentSize(channel)) - 1;
            }
            row = new int[width * bands];
        }

        @Override
        boolean hasAlpha() {
            return bands > RgbImage.CHANNELS;
        }

        @Override
        void readAlpha(int y, int[] alpha) {
            raster.getSamples(0, y, width, 1, RgbImage.CHANNELS, alpha);
        }

        @Override
        void readRgb(int y, byte[] rgb, int at) {
            raster.getPixels(0, y, width, 1, row);
            for (int x = 0, from = 0; x < width; x++, from += bands, at += RgbImage.CHANNELS) {
                for (int channel = 0; channel < RgbImage.CHANNELS; channel++) {
                    rgb[at + channel] = (byte) (row[from + channel] * 255 / largest[channel]);
                }
            }
        }
    }

    /** Reads one number per sample: grey, RGB or CMYK, optionally followed by alpha. */
    private static final class Components extends PixelReader {
        private final int colors;
        private final int bands;
        private final int bits;
        private final int[] row;
        private final boolean plainBytes;
        /** Whether the band after the colours is alpha. */
        private final boolean alpha;
        /** Whether colours are premultiplied by alpha. */
        private final boolean premultiplied;

        Components(Raster raster, ColorModel model, int colors) {
            super(raster);
            this.colors = colors;
            bands = raster.getNumBands();
            bits = model.getComponentSize(0);
            for (int band = 1; band < colors; band++) {
                if (model.getComponentSize(band) != bits) {
                    throw ImageException.unsupported("colour samples of different sizes are not supported");
                }
            }
            alpha = model.hasAlpha() && bands > colors;
            premultiplied = model.hasAlpha() && model.isAlphaPremultiplied();
            if (premultiplied && model.getComponentSize(colors) != bits) {
                throw ImageException.unsupported("alpha of another size than the colours is not supported");
            }
            row = new int[width * bands];
            plainBytes = colors == 3
                    && bands == 3
                    && bits == 8
                    && raster.getTransferType() == DataBuffer.TYPE_BYTE
                    && raster.getSampleModel() instanceof PixelInterleavedSampleModel;
        }

        @Override
        public RgbImage toRgb() {
            if (!plainBytes) {
                return super.toRgb();
            }
            // fast path for the most common kind: data elements are in the order of the bands
            byte[] rgb = new byte[Math.multiplyExact(Math.multiplyExact(width, height), RgbImage.CHANNELS)];
            raster.getDataElements(0, 0, width, height, rgb);
            return new RgbImage(width, height, rgb);
        }

        @Override
        void readRgb(int y, byte[] rgb, int at) {
            raster.getPixels(0, y, width, 1, row);
            for (int x = 0, from = 0; x < width; x++, from += bands, at += 3) {
                for (int band = from; band < from + colors; band++) {
                    int sample = toByte(row[band]);
                    row[band] = premultiplied ? divided(sample, toByte(row[from + colors])) : sample;
                }
                switch (colors) {
                    case 1 -> rgb[at] = rgb[at + 1] = rgb[at + 2] = (byte) row[from];
                    case 3 -> {
                        rgb[at] = (byte) row[from];
                        rgb[at + 1] = (byte) row[from + 1];
                        rgb[at + 2] = (byte) row[from + 2];
                    }
                    default -> inkToRgb(row[from], row[from + 1], row[from + 2], row[from + 3], rgb, at);
                }
            }
        }

        @Override
        public int usedBits() {
            int any = 0;
            for (int y = 0; y < height && bits == 16; y++) {
                raster.getPixels(0, y, width, 1, row);
                for (int i = 0; i < row.length; i++) {
                    any |= i % bands < colors ? row[i] : 0;
                }
            }
            return bits == 16 ? Integer.SIZE - Integer.numberOfLeadingZeros(any) : 0;
        }

        @Override
        boolean hasAlpha() {
            return alpha;
        }

        @Override
        void readAlpha(int y, int[] row) {
            raster.getSamples(0, y, width, 1, colors, row);
        }

        /** Returns a colour divided by its alpha, computed like Pillow from the 8-bit numbers. */
        private static int divided(int color, int alpha) {
            return alpha == 0 ? color : Math.min(255, color * 255 / alpha);
        }

        @Override
        void readNonZero(int y, boolean[] set, int at) {
            if (colors == 4) {
                super.readNonZero(y, set, at); // white is the absence of ink
                return;
            }
            raster.getPixels(0, y, width, 1, row);
            for (int x = 0, from = 0; x < width; x++, from += bands) {
                int any = 0;
                for (int band = 0; band < colors; band++) {
                    any |= row[from + band];
                }
                set[at + x] = any != 0;
            }
        }

        /** Converts a sample of {@code bits} bits to 8 bits: the high byte of more, the full range of fewer. */
        private int toByte(int sample) {
            if (bits == 8) {
                return sample;
            }
            return bits > 8 ? sample >>> (bits - 8) : sample * 255 / ((1 << bits) - 1);
        }
    }
}
