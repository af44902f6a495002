package org.rlr.model.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.charset.Charset;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntBinaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ImagesTest {
    private static final int WIDTH = 37;
    private static final int HEIGHT = 23;
    private static final RgbImage SMOOTH = TestImages.smooth(WIDTH, HEIGHT);

    @TempDir
    Path folder;

    private static int smooth(int pixel, int channel) {
        return SMOOTH.rgb()[pixel * 3 + channel] & 0xff;
    }

    private RgbImage read(byte[] bytes) throws IOException {
        return Images.read(Files.write(folder.resolve("picture"), bytes));
    }

    private static void assertPixels(RgbImage image, IntBinaryOperator expected, int tolerance) {
        assertEquals(new ImageSize(WIDTH, HEIGHT), image.size());
        for (int i = 0; i < WIDTH * HEIGHT * 3; i++) {
            int is = image.rgb()[i] & 0xff;
            int should = expected.applyAsInt(i / 3, i % 3);
            assertTrue(Math.abs(is - should) <= tolerance, "sample " + i + " is " + is + " instead of " + should);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"a.png", "a.bmp", "a.tif", "with space.PNG", "Größe 孔.Bmp"})
    void losslessFormatsKeepEverySample(String name) throws IOException {
        assumeTrue(
                Charset.forName(System.getProperty("sun.jnu.encoding"))
                        .newEncoder()
                        .canEncode(name),
                "file names are ASCII in this locale");
        Path file = TestImages.write(folder.resolve(name), SMOOTH.toBufferedImage());
        assertEquals(SMOOTH, Images.read(file));
        assertEquals(SMOOTH.size(), Images.size(file));
        assertTrue(Images.hasImageName(file));
    }

    @Test
    void jpegIsNearTheOriginal() throws IOException {
        assertPixels(
                Images.read(TestImages.write(folder.resolve("a.jpg"), SMOOTH.toBufferedImage())),
                ImagesTest::smooth,
                24);
    }

    @Test
    void gifGivesItsFirstFrame() throws IOException {
        BufferedImage image = new BufferedImage(WIDTH, HEIGHT, BufferedImage.TYPE_BYTE_INDEXED);
        image.setRGB(3, 4, 0xff0000);
        RgbImage read = Images.read(TestImages.write(folder.resolve("a.gif"), image));
        assertPixels(read, (pixel, channel) -> pixel == 4 * WIDTH + 3 && channel == 0 ? 255 : 0, 0);
    }

    @ParameterizedTest
    @ValueSource(strings = {"png", "jpg", "bmp", "tif"})
    void greyIsNotShifted(String suffix) throws IOException {
        BufferedImage grey = new BufferedImage(WIDTH, HEIGHT, BufferedImage.TYPE_BYTE_GRAY);
        for (int i = 0; i < WIDTH * HEIGHT; i++) {
            grey.getRaster().setSample(i % WIDTH, i / WIDTH, 0, smooth(i, 0));
        }
        RgbImage read = Images.read(TestImages.write(folder.resolve("grey." + suffix), grey));
        assertPixels(read, (pixel, channel) -> smooth(pixel, 0), suffix.equals("jpg") ? 8 : 0);
        assertPixels(RgbImage.of(grey), (pixel, channel) -> smooth(pixel, 0), 0);
    }

    @Test
    void alphaIsDroppedNotBlended() throws IOException {
        BufferedImage image = TestImages.withAlpha(SMOOTH);
        assertEquals(SMOOTH, Images.read(TestImages.write(folder.resolve("alpha.png"), image)));
        assertEquals(SMOOTH, RgbImage.of(image));
        RgbImage grey = read(TestImages.png(
                WIDTH, HEIGHT, TestImages.GREY_ALPHA, 8, (pixel, channel) -> channel == 0 ? smooth(pixel, 1) : 9));
        assertPixels(grey, (pixel, channel) -> smooth(pixel, 1), 0);
    }

    /** Pillow computes {@code c·255/a}, rounded down and at most 255, and keeps colours at alpha 0 and 255. */
    @ParameterizedTest
    @ValueSource(ints = {BufferedImage.TYPE_4BYTE_ABGR_PRE, BufferedImage.TYPE_INT_ARGB_PRE})
    void coloursMultipliedByAlphaAreDividedByIt(int type) throws IOException {
        int[][] stored = {
            {0, 0, 0, 0},
            {200, 100, 50, 255},
            {1, 1, 1, 1},
            {3, 2, 1, 3},
            {100, 50, 25, 128},
            {128, 127, 1, 128},
            {9, 8, 7, 10},
            {200, 199, 0, 254},
            {60, 20, 200, 100}, // more than alpha, which a careless program writes
        };
        int[][] expected = {
            {0, 0, 0},
            {200, 100, 50},
            {255, 255, 255},
            {255, 170, 85},
            {199, 99, 49},
            {255, 253, 1},
            {229, 204, 178},
            {200, 199, 0},
            {153, 51, 255},
        };
        BufferedImage image = new BufferedImage(3, 3, type);
        for (int i = 0; i < 9; i++) {
            image.getRaster().setPixel(i % 3, i / 3, stored[i]);
        }
        byte[] rgb = new byte[27];
        for (int i = 0; i < rgb.length; i++) {
            rgb[i] = (byte) expected[i / 3][i % 3];
        }
        assertArrayEquals(rgb, RgbImage.of(image).rgb());
        assertArrayEquals(
                rgb,
                Images.read(TestImages.write(folder.resolve("associated.tif"), image))
                        .rgb());
    }

    @Test
    void sixteenBitSamplesKeepTheirHighByte() throws IOException {
        IntBinaryOperator sample = (pixel, channel) -> smooth(pixel, channel % 3) << 8 | 0xfe;
        assertPixels(read(TestImages.png(WIDTH, HEIGHT, TestImages.RGB, 16, sample)), ImagesTest::smooth, 0);
        assertPixels(read(TestImages.png(WIDTH, HEIGHT, TestImages.RGB_ALPHA, 16, sample)), ImagesTest::smooth, 0);
        assertPixels(
                read(TestImages.png(WIDTH, HEIGHT, TestImages.GREY, 16, sample)),
                (pixel, channel) -> smooth(pixel, 0),
                0);
        BufferedImage grey = new BufferedImage(WIDTH, HEIGHT, BufferedImage.TYPE_USHORT_GRAY);
        grey.getRaster().setSample(1, 2, 0, 0xabcd);
        RgbImage tiff = Images.read(TestImages.write(folder.resolve("grey.tif"), grey));
        assertPixels(tiff, (pixel, channel) -> pixel == 2 * WIDTH + 1 ? 0xab : 0, 0);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 4})
    void greyOfFewBitsFillsTheRange(int bits) throws IOException {
        int top = (1 << bits) - 1;
        RgbImage image =
                read(TestImages.png(WIDTH, HEIGHT, TestImages.GREY, bits, (pixel, channel) -> pixel % (top + 1)));
        assertPixels(image, (pixel, channel) -> pixel % (top + 1) * 255 / top, 0);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 4, 8})
    void paletteIsLookedUpAndItsTransparencyIgnored(int bits) throws IOException {
        byte[] palette = new byte[(1 << bits) * 3];
        for (int i = 0; i < palette.length; i++) {
            palette[i] = (byte) (i * 83 + 5);
        }
        RgbImage image = read(TestImages.png(
                WIDTH,
                HEIGHT,
                TestImages.PALETTE,
                bits,
                (pixel, channel) -> pixel % (1 << bits),
                "PLTE",
                palette,
                "tRNS",
                new byte[] {0, (byte) 128}));
        assertPixels(image, (pixel, channel) -> palette[pixel % (1 << bits) * 3 + channel] & 0xff, 0);
    }

    @Test
    void gammaAndColourProfilesAreIgnored() throws IOException {
        byte[] gamma = {0, 1, (byte) 0x86, (byte) 0xa0};
        RgbImage image = read(TestImages.png(WIDTH, HEIGHT, TestImages.RGB, 8, ImagesTest::smooth, "gAMA", gamma));
        assertEquals(SMOOTH, image);
    }

    @Test
    void cmykJpegIsMultipliedOut() throws IOException {
        // no black ink: the inverted stored value is the colour itself
        byte[] bright = TestImages.adobeJpeg(
                WIDTH, HEIGHT, 4, 0, (pixel, channel) -> channel == 3 ? 255 : smooth(pixel, channel));
        assertPixels(read(bright), ImagesTest::smooth, 3);
        byte[] half = TestImages.adobeJpeg(
                WIDTH, HEIGHT, 4, 0, (pixel, channel) -> channel == 3 ? 128 : smooth(pixel, channel));
        assertPixels(read(half), (pixel, channel) -> Math.round(smooth(pixel, channel) * 128 / 255f), 3);
    }

    @Test
    void ycckJpegIsReadAsTheComplementOfItsFirstThreeComponents() throws IOException {
        byte[] file = TestImages.adobeJpeg(WIDTH, HEIGHT, 4, 2, (pixel, channel) -> {
            double cyan = 255 - smooth(pixel, 0);
            double magenta = 255 - smooth(pixel, 1);
            double yellow = 255 - smooth(pixel, 2);
            return (int) Math.round(
                    switch (channel) {
                        case 0 -> 0.299 * cyan + 0.587 * magenta + 0.114 * yellow;
                        case 1 -> 128 - 0.168736 * cyan - 0.331264 * magenta + 0.5 * yellow;
                        case 2 -> 128 + 0.5 * cyan - 0.418688 * magenta - 0.081312 * yellow;
                        default -> 255;
                    });
        });
        assertPixels(read(file), ImagesTest::smooth, 5);
    }

    @Test
    void jpegMarkedAsRgbIsNotConverted() throws IOException {
        assertPixels(read(TestImages.adobeJpeg(WIDTH, HEIGHT, 3, 0, ImagesTest::smooth)), ImagesTest::smooth, 3);
    }

    @ParameterizedTest
    @ValueSource(strings = {"png", "jpg", "bmp", "tif", "gif"})
    void everyTruncationIsAnErrorThatNamesTheFile(String format) throws IOException {
        byte[] whole =
                Files.readAllBytes(TestImages.write(folder.resolve("whole." + format), SMOOTH.toBufferedImage()));
        RgbImage picture = read(whole);
        Path cut = folder.resolve("cut." + format);
        int refused = 0;
        for (int length = 1; length < whole.length; length += Math.max(1, whole.length / 200)) {
            Files.write(cut, Arrays.copyOf(whole, length));
            try {
                assertEquals(
                        picture,
                        Images.read(cut),
                        "an incomplete image from " + length + " of " + whole.length + " bytes");
            } catch (ImageException e) {
                refused++;
                assertTrue(e.getMessage().contains(cut.toString()), e.getMessage());
            }
        }
        assertTrue(refused > 100, "only " + refused + " truncated files refused");
    }

    @Test
    void damageWithinAPngIsFoundByItsChecksum() throws IOException {
        byte[] bytes = TestImages.png(WIDTH, HEIGHT, TestImages.RGB, 8, ImagesTest::smooth);
        bytes[bytes.length / 2] ^= 4;
        refused(ImageException.Reason.DAMAGED, "checksum", () -> read(bytes));
    }

    @ParameterizedTest
    @CsvSource({"0, EMPTY, empty (0 bytes)", "1, NOT_AN_IMAGE, not a PNG", "200, NOT_AN_IMAGE, not a PNG"})
    void whatIsNoImageIsSaidSo(int length, ImageException.Reason reason, String message) throws IOException {
        Path file = Files.write(folder.resolve("no image.png"), new byte[length]);
        for (ImageException e : List.of(
                refused(reason, message, () -> Images.read(file)), refused(reason, message, () -> Images.size(file)))) {
            assertTrue(e.getMessage().contains("no image.png"), e.getMessage());
        }
    }

    private static ImageException refused(ImageException.Reason reason, String message, Executable reading) {
        ImageException e = assertThrows(ImageException.class, reading);
        assertEquals(reason, e.reason());
        assertTrue(e.getMessage().contains(message), e.getMessage());
        return e;
    }

    @Test
    void missingFilesAndFoldersAreSaidSo() {
        Path missing = folder.resolve("missing.png");
        refused(ImageException.Reason.UNREADABLE, "does not exist", () -> Images.read(missing));
        refused(ImageException.Reason.UNREADABLE, "does not exist", () -> Images.size(missing));
        refused(ImageException.Reason.UNREADABLE, "is a folder", () -> Images.read(folder));
        assertTrue(assertThrows(DataSetException.class, () -> Images.list(missing))
                .getMessage()
                .contains("does not exist"));
    }

    /** Reading would never end or would wait for a writer. */
    @Test
    @DisabledOnOs(value = OS.WINDOWS, disabledReason = "there are no pipes among its files")
    void whatIsNoFileIsSaidSo() throws Exception {
        Path pipe = folder.resolve("pipe.png");
        assertEquals(0, new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor());
        Path socket = folder.resolve("socket.png");
        Path link = Files.createSymbolicLink(folder.resolve("link.png"), Path.of("/dev/zero"));
        try (ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            server.bind(UnixDomainSocketAddress.of(socket));
            for (Path none : List.of(pipe, socket, link, Path.of("/dev/zero"))) {
                for (Executable use : List.<Executable>of(
                        () -> Images.read(none),
                        () -> Images.size(none),
                        () -> ImageSource.of(none).content())) {
                    ImageException e =
                            refused(ImageException.Reason.UNREADABLE, "is a pipe, a socket or a device", use);
                    assertTrue(e.getMessage().contains(none.toString()), e.getMessage());
                }
            }
            assertEquals(List.of(), Images.list(folder));
        }
    }

    @Test
    void hugeSizesInAHeaderAreRefusedBeforeMemoryIsTaken() throws IOException {
        byte[] bytes = TestImages.png(8, 8, TestImages.GREY, 8, (pixel, channel) -> 0);
        bytes[16] = bytes[20] = 0x00;
        bytes[17] = bytes[21] = 0x01; // 65,544 × 65,544
        refused(ImageException.Reason.TOO_LARGE, "65544×65544", () -> read(bytes));
    }

    @Test
    void floatingPointTiffIsUnsupported() throws IOException {
        var type = javax.imageio.ImageTypeSpecifier.createInterleaved(
                java.awt.color.ColorSpace.getInstance(java.awt.color.ColorSpace.CS_GRAY),
                new int[] {0},
                java.awt.image.DataBuffer.TYPE_FLOAT,
                false,
                false);
        Path file = TestImages.write(folder.resolve("float.tif"), type.createBufferedImage(WIDTH, HEIGHT));
        ImageException e = refused(ImageException.Reason.UNSUPPORTED, "unsupported kind", () -> Images.read(file));
        assertTrue(e.getMessage().contains("float.tif") && e.remedy().contains("8-bit PNG"), e.explanation());
    }

    @Test
    void imagesAreToldByNameAndListedInOrder() throws IOException {
        for (String name : new String[] {
            "b.PNG",
            "a.jpeg",
            "10.tif",
            ".hidden.png",
            "Thumbs.db",
            "._a.png",
            "notes.txt",
            "png",
            "c.jpe",
            "d.JFIF",
            "e.jif",
            "f.webp"
        }) {
            Files.createFile(folder.resolve(name));
        }
        Files.createDirectory(folder.resolve("folder.png"));
        assertEquals(
                "[10.tif, a.jpeg, b.PNG, c.jpe, d.JFIF, e.jif]",
                Images.list(folder).stream().map(Path::getFileName).toList().toString());
        assertFalse(Images.hasImageName(Path.of(".png")));
    }

    @Test
    void bufferedImagesRoundTrip() {
        assertEquals(SMOOTH, RgbImage.of(SMOOTH.toBufferedImage()));
    }
}
