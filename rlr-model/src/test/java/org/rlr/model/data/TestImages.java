package org.rlr.model.data;

import java.awt.image.BufferedImage;
import java.awt.image.DataBuffer;
import java.awt.image.Raster;
import java.awt.image.RenderedImage;
import java.awt.image.WritableRaster;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.function.IntBinaryOperator;
import java.util.zip.CRC32;
import java.util.zip.DeflaterOutputStream;
import javax.imageio.IIOImage;
import javax.imageio.ImageIO;
import javax.imageio.ImageTypeSpecifier;
import javax.imageio.ImageWriteParam;
import javax.imageio.ImageWriter;
import javax.imageio.stream.ImageOutputStream;

/** Creates image files of every kind, including those that {@link ImageIO} cannot write by itself. */
public final class TestImages {
    /** Colour types of a PNG header. */
    public static final int GREY = 0;

    public static final int RGB = 2;
    public static final int PALETTE = 3;
    public static final int GREY_ALPHA = 4;
    public static final int RGB_ALPHA = 6;

    private TestImages() {}

    /** Returns a smooth picture with three different channels. */
    public static RgbImage smooth(int width, int height) {
        byte[] rgb = new byte[width * height * 3];
        for (int i = 0, at = 0; i < width * height; i++) {
            int x = i % width;
            int y = i / width;
            rgb[at++] = (byte) (128 + 100 * Math.sin(x / 9.0));
            rgb[at++] = (byte) (128 + 100 * Math.cos(y / 7.0));
            rgb[at++] = (byte) (128 + 80 * Math.sin((x + y) / 11.0));
        }
        return new RgbImage(width, height, rgb);
    }

    /** Writes with ImageIO's writer for the file's suffix. */
    public static Path write(Path file, RenderedImage image) throws IOException {
        String name = file.getFileName().toString();
        Files.createDirectories(file.getParent());
        if (!ImageIO.write(image, name.substring(name.lastIndexOf('.') + 1).toLowerCase(Locale.ROOT), file.toFile())) {
            throw new IOException("no writer for " + file);
        }
        return file;
    }

    /** Writes a one-colour PNG. */
    public static Path writeFlat(Path file, int width, int height, int rgb) throws IOException {
        BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
        for (int i = 0; i < width * height; i++) {
            image.setRGB(i % width, i / width, rgb);
        }
        return write(file, image);
    }

    /**
     * Returns a PNG of samples {@code (pixel, channel) → value} with the given number of bits, unfiltered.
     *
     * @param extra chunks before the picture's data, each as type and content
     */
    public static byte[] png(int width, int height, int type, int bits, IntBinaryOperator sample, Object... extra)
            throws IOException {
        int channels = switch (type) {
            case RGB -> 3;
            case GREY_ALPHA -> 2;
            case RGB_ALPHA -> 4;
            default -> 1;
        };
        ByteArrayOutputStream rows = new ByteArrayOutputStream();
        for (int y = 0; y < height; y++) {
            rows.write(0);
            int pending = 0;
            int pendingBits = 0;
            for (int x = 0; x < width; x++) {
                for (int c = 0; c < channels; c++) {
                    pending = pending << bits | sample.applyAsInt(y * width + x, c);
                    for (pendingBits += bits; pendingBits >= 8; pendingBits -= 8) {
                        rows.write(pending >> pendingBits - 8);
                    }
                }
            }
            if (pendingBits > 0) {
                rows.write(pending << 8 - pendingBits);
            }
        }
        ByteArrayOutputStream data = new ByteArrayOutputStream();
        try (DeflaterOutputStream deflater = new DeflaterOutputStream(data)) {
            rows.writeTo(deflater);
        }
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.write(new byte[] {(byte) 0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'});
        chunk(
                out,
                "IHDR",
                ByteBuffer.allocate(13)
                        .putInt(width)
                        .putInt(height)
                        .put((byte) bits)
                        .put((byte) type)
                        .array());
        for (int i = 0; i < extra.length; i += 2) {
            chunk(out, (String) extra[i], (byte[]) extra[i + 1]);
        }
        chunk(out, "IDAT", data.toByteArray());
        chunk(out, "IEND", new byte[0]);
        return out.toByteArray();
    }

    private static void chunk(ByteArrayOutputStream out, String type, byte[] content) throws IOException {
        byte[] body = ByteBuffer.allocate(4 + content.length)
                .put(type.getBytes(StandardCharsets.US_ASCII))
                .put(content)
                .array();
        CRC32 crc = new CRC32();
        crc.update(body);
        out.write(ByteBuffer.allocate(4).putInt(content.length).array());
        out.write(body);
        out.write(ByteBuffer.allocate(4).putInt((int) crc.getValue()).array());
    }

    /**
     * Returns a JPEG of raw components with an Adobe marker, at the best quality.
     *
     * @param samples {@code (pixel, component) → 0…255}
     * @param transform the Adobe marker's: 0 for RGB and CMYK, 1 for YCbCr, 2 for YCCK
     */
    public static byte[] adobeJpeg(int width, int height, int components, int transform, IntBinaryOperator samples)
            throws IOException {
        WritableRaster raster = Raster.createInterleavedRaster(DataBuffer.TYPE_BYTE, width, height, components, null);
        for (int i = 0; i < width * height; i++) {
            for (int c = 0; c < components; c++) {
                raster.setSample(i % width, i / width, c, samples.applyAsInt(i, c));
            }
        }
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ImageWriter writer = ImageIO.getImageWritersByFormatName("jpeg").next();
        try (ImageOutputStream stream = ImageIO.createImageOutputStream(out)) {
            writer.setOutput(stream);
            ImageWriteParam settings = writer.getDefaultWriteParam();
            settings.setCompressionMode(ImageWriteParam.MODE_EXPLICIT);
            settings.setCompressionQuality(1);
            writer.write(null, new IIOImage(raster, null, null), settings);
        } finally {
            writer.dispose();
        }
        byte[] plain = out.toByteArray();
        byte[] marker = {(byte) 0xff, (byte) 0xee, 0, 14, 'A', 'd', 'o', 'b', 'e', 0, 100, 0, 0, 0, 0, (byte) transform
        };
        return ByteBuffer.allocate(plain.length + marker.length)
                .put(plain, 0, 2)
                .put(marker)
                .put(plain, 2, plain.length - 2)
                .array();
    }

    /** Returns the picture with an alpha channel that runs from 0 to 255 and back. */
    public static BufferedImage withAlpha(RgbImage image) {
        BufferedImage result = ImageTypeSpecifier.createFromBufferedImageType(BufferedImage.TYPE_4BYTE_ABGR)
                .createBufferedImage(image.width(), image.height());
        BufferedImage opaque = image.toBufferedImage();
        for (int y = 0; y < image.height(); y++) {
            for (int x = 0; x < image.width(); x++) {
                result.setRGB(x, y, opaque.getRGB(x, y) & 0xffffff | (x * 7 + y & 0xff) << 24);
            }
        }
        return result;
    }
}
