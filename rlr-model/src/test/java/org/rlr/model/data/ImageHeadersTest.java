package org.rlr.model.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Headers that claim more than their files contain, or with irrelevant values. */
class ImageHeadersTest {
    @TempDir
    private Path folder;

    @ParameterizedTest
    @CsvSource({
        "bmp/bfsize0.bmp, bmp/ok.bmp",
        "bmp/bfsize_short2.bmp, bmp/ok.bmp",
        // the right side is Pillow's result
        "tiff/tif_pal.tif, tiff/tif_pal.png",
        "tiff/tif_orient.tif, tiff/tif_orient.png",
        "tiff/rps_80000000.tif, tiff/rps_80000000.png",
    })
    void whatDoesNotMatterIsRead(String name, String expected) throws IOException {
        RgbImage image = Images.read(file(name));
        assertEquals(Images.read(file(expected)), image);
        Path file = Files.write(folder.resolve("image"), file(name));
        assertEquals(image.size(), Images.size(file));
    }

    /** TIFF 6.0: without the tags, pixels are uncompressed and 0 is white. All numbers are stored in wide types. */
    @ParameterizedTest
    @CsvSource({"true, true", "false, true", "true, false", "false, false"})
    void tiffTagsThatAreMissingHaveTheirDefaults(boolean compression, boolean colors) throws IOException {
        byte[] grey = {0, 50, 100, (byte) 200, 7, (byte) 255};
        int[][] tags = {{256, 3}, {257, 2}, {258, 8}, {259, 1}, {262, 1}, {273, 0}, {277, 1}, {278, 2}, {279, 6}};
        ByteBuffer file = ByteBuffer.allocate(8 + 2 + 12 * tags.length + 4 + grey.length)
                .order(ByteOrder.LITTLE_ENDIAN)
                .put(new byte[] {'I', 'I', 42, 0})
                .putInt(8);
        file.putShort((short) (tags.length - (compression ? 0 : 1) - (colors ? 0 : 1)));
        for (int[] tag : tags) {
            if ((tag[0] != 259 || compression) && (tag[0] != 262 || colors)) {
                int value = tag[0] == 273 ? file.limit() - grey.length : tag[1];
                file.putShort((short) tag[0]).putShort((short) 4).putInt(1).putInt(value);
            }
        }
        file.put(file.limit() - grey.length, grey);
        RgbImage image = Images.read(file.array());
        assertEquals(new ImageSize(3, 2), image.size());
        for (int i = 0; i < grey.length; i++) {
            int expected = colors ? grey[i] & 0xff : 255 - (grey[i] & 0xff);
            assertEquals(expected, image.rgb()[3 * i] & 0xff, "pixel " + i);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "header/bmp_130bytes.bmp, UNSUPPORTED",
        "header/png_11585_rgba16.png, DAMAGED",
        "header/jpg_11500.jpg, DAMAGED",
        "header/tif-61881481.bin, UNSUPPORTED",
        "tiff/149bytes_8323089x13.tif, DAMAGED",
        "tiff/t.tif, DAMAGED",
        "tiff/i32.tif, UNSUPPORTED",
        // the decoder returns black or wrong pixels for these
        "tiff/cmyk16.tif, UNSUPPORTED",
        "tiff/planes1.tif, UNSUPPORTED",
        "tiff/planes4.tif, UNSUPPORTED",
        // one sample of 26 bits, for which the decoder would allocate a table
        "zoo/td_bits26.tif, UNSUPPORTED",
    })
    void whatIsNotThereIsAnError(String name, ImageException.Reason reason) throws IOException {
        byte[] file = file(name);
        long before = allocated();
        ImageException e = assertThrows(ImageException.class, () -> Images.read(file));
        long bytes = allocated() - before;
        // a heap too small for 11,500×11,500 pixels gives that error instead
        boolean small = Runtime.getRuntime().maxMemory() < 2L << 30;
        assertTrue(e.reason() == reason || (small && e.reason() == ImageException.Reason.TOO_LARGE), e.toString());
        assertTrue(bytes < 16 << 20, bytes + " bytes were allocated for " + file.length);
    }

    @Test
    void colorsThatNoPixelOfPngCanHaveDoNotMatter() throws IOException {
        byte[] colors = new byte[15];
        new Random(4).nextBytes(colors);
        byte[] more = TestImages.png(8, 2, TestImages.PALETTE, 1, (i, band) -> i & 1, "PLTE", colors);
        byte[] two = TestImages.png(8, 2, TestImages.PALETTE, 1, (i, band) -> i & 1, "PLTE", Arrays.copyOf(colors, 6));
        assertEquals(Images.read(two), Images.read(more));
        byte[] plain = TestImages.png(8, 2, TestImages.RGB_ALPHA, 8, (i, band) -> 3 * i + band);
        byte[] twice = TestImages.png(8, 2, TestImages.RGB_ALPHA, 8, (i, band) -> 3 * i + band, "tRNS", new byte[2]);
        assertEquals(Images.read(plain), Images.read(twice));
    }

    @ParameterizedTest
    @ValueSource(strings = {"bmp", "tif", "png", "gif"})
    void changedFilesAreReadOrRefusedInLittleMemory(String format) throws IOException {
        byte[] sound = encoded(format);
        assertEquals(new ImageSize(40, 30), Images.read(sound).size());
        Random random = new Random(3);
        int read = 0;
        int refused = 0;
        for (int i = 0; i < 1500; i++) {
            byte[] file = sound.clone();
            int changes = 1 + random.nextInt(3);
            for (int j = 0; j < changes; j++) {
                // headers, mostly, at both ends
                int at = random.nextInt(3) == 0 ? random.nextInt(file.length) : random.nextInt(200);
                file[random.nextBoolean() ? at : file.length - 1 - at] = (byte) random.nextInt(256);
            }
            byte[] cut = random.nextInt(5) == 0 ? Arrays.copyOf(file, random.nextInt(file.length)) : file;
            long before = allocated();
            try {
                Images.read(cut);
                read++;
            } catch (ImageException e) {
                refused++;
            }
            long bytes = allocated() - before;
            assertTrue(bytes < 64 << 20, bytes + " bytes were allocated for change " + i);
        }
        assertTrue(read > 0 && refused > 50, read + " were read, " + refused + " refused");
    }

    private static long allocated() {
        return ((com.sun.management.ThreadMXBean) java.lang.management.ManagementFactory.getThreadMXBean())
                .getCurrentThreadAllocatedBytes();
    }

    private static byte[] encoded(String format) throws IOException {
        BufferedImage image = TestImages.smooth(40, 30).toBufferedImage();
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        assertTrue(ImageIO.write(image, format, out));
        return out.toByteArray();
    }

    private static byte[] file(String name) throws IOException {
        try (InputStream in = ImageHeadersTest.class.getResourceAsStream("/cases/" + name)) {
            return in.readAllBytes();
        }
    }
}
