package org.rlr.model.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.rlr.tensor.golden.GoldenFiles;
import org.rlr.tensor.io.SafeTensorsFile;

class MasksTest {
    private static final int WIDTH = 11;
    private static final int HEIGHT = 5;

    @TempDir
    Path folder;

    private static boolean set(int pixel) {
        return pixel % 3 == 1;
    }

    private Mask read(Path file) {
        return Masks.read(ImageSource.of(file), ImageSource.of(Path.of("image.png")), new ImageSize(WIDTH, HEIGHT));
    }

    private static void assertSet(Mask mask) {
        for (int i = 0; i < WIDTH * HEIGHT; i++) {
            assertEquals(set(i), mask.anomalous()[i], "pixel " + i);
        }
    }

    @ParameterizedTest
    @CsvSource({"1, 1", "2, 1", "4, 7", "8, 1", "8, 255", "16, 1", "16, 65535"})
    void anyGreyAboveZeroIsAnomalous(int bits, int value) throws IOException {
        byte[] png = TestImages.png(WIDTH, HEIGHT, TestImages.GREY, bits, (pixel, channel) -> set(pixel) ? value : 0);
        assertSet(read(Files.write(folder.resolve("mask.png"), png)));
    }

    @Test
    void coloursAndPalettesCountByTheirColourAndAlphaDoesNot() throws IOException {
        byte[] blue = TestImages.png(
                WIDTH,
                HEIGHT,
                TestImages.RGB_ALPHA,
                8,
                (pixel, channel) -> channel == 3 || channel == 2 && set(pixel) ? 1 : 0);
        assertSet(read(Files.write(folder.resolve("blue.png"), blue)));
        byte[] palette = TestImages.png(
                WIDTH,
                HEIGHT,
                TestImages.PALETTE,
                8,
                (pixel, channel) -> set(pixel) ? 2 : pixel % 2 * 3,
                "PLTE",
                new byte[] {0, 0, 0, 9, 9, 9, 0, 1, 0, 0, 0, 0});
        assertSet(read(Files.write(folder.resolve("palette.png"), palette)));
        BufferedImage bits = new BufferedImage(WIDTH, HEIGHT, BufferedImage.TYPE_BYTE_BINARY);
        for (int i = 0; i < WIDTH * HEIGHT; i++) {
            bits.setRGB(i % WIDTH, i / WIDTH, set(i) ? -1 : 0);
        }
        assertSet(read(TestImages.write(folder.resolve("bits.bmp"), bits)));
    }

    private static Masks.Reading shared(String name) throws IOException {
        try (InputStream in = MasksTest.class.getResourceAsStream("/cases/folders/" + name)) {
            ImageSource mask = ImageSource.of(name, in.readAllBytes());
            Sample sample = new Sample(ImageSource.of(Path.of("image.png")), List.of(mask), "a", "b", true);
            return Masks.readWithTraits(sample, mask.size());
        }
    }

    private static double share(Masks.Reading masks) {
        boolean[] pixels = masks.mask().anomalous();
        return IntStream.range(0, pixels.length).filter(i -> pixels[i]).count() / (double) pixels.length;
    }

    @ParameterizedTest
    @CsvSource({
        "alpha_mask.png, ALPHA, 0.00, 0.05",
        "inverted_mask.png, MOSTLY_SET, 0.95, 1.00",
        "jpeg_mask.jpg, JPEG, 0.00, 0.05"
    })
    void masksAsUsersHaveThem(String name, MaskTrait trait, double from, double to) throws IOException {
        Masks.Reading masks = shared(name);
        assertEquals(List.of(Set.of(trait)), List.copyOf(masks.traits().values()));
        double share = share(masks);
        assertTrue(from < share && share < to, name + ": " + share);
    }

    /** Alpha counts if it varies, over any grey, RGB or palette colour; otherwise the colour counts. */
    @Test
    void alphaOfAMaskOfOneColour() throws IOException {
        for (int color : new int[] {0, 1, 255}) {
            for (int type : new int[] {TestImages.GREY_ALPHA, TestImages.RGB_ALPHA}) {
                int alpha = type == TestImages.GREY_ALPHA ? 1 : 3;
                byte[] png = TestImages.png(
                        WIDTH, HEIGHT, type, 8, (pixel, channel) -> channel < alpha ? color : set(pixel) ? 9 : 3);
                assertSet(read(Files.write(folder.resolve("mask.png"), png)));
                byte[] opaque = TestImages.png(WIDTH, HEIGHT, type, 8, (pixel, channel) -> channel < alpha ? color : 7);
                assertEquals(
                        color > 0,
                        read(Files.write(folder.resolve("mask.png"), opaque)).any());
            }
        }
        byte[] palette = TestImages.png(
                WIDTH,
                HEIGHT,
                TestImages.PALETTE,
                8,
                (pixel, channel) -> set(pixel) ? 1 : 0,
                "PLTE",
                new byte[] {9, 9, 9, 9, 9, 9},
                "tRNS",
                new byte[] {0, 1});
        assertSet(read(Files.write(folder.resolve("mask.png"), palette)));
    }

    /** For example a JPEG mask saved again as PNG; a few colours are labels. */
    @Test
    void masksOfManyShadesAreTold() throws IOException {
        for (int shades : new int[] {2, 5, 60}) {
            byte[] png = TestImages.png(
                    40, 10, TestImages.GREY, 8, (pixel, channel) -> set(pixel) ? 255 - pixel / 3 % shades : 0);
            ImageSource mask = ImageSource.of("mask", png);
            Sample sample = new Sample(ImageSource.of(Path.of("image.png")), List.of(mask), "a", "b", true);
            Masks.Reading masks = Masks.readWithTraits(sample, mask.size());
            assertEquals(
                    shades == 60 ? List.of(Set.of(MaskTrait.SOFT)) : List.of(),
                    List.copyOf(masks.traits().values()));
            assertEquals(133 / 400.0, share(masks));
        }
    }

    /** Compression artefacts at edges and on black do not count. */
    @ParameterizedTest
    @ValueSource(ints = {40, 128, 255})
    void edgesOfJpegMasksAreAtHalf(int value) throws IOException {
        BufferedImage image = new BufferedImage(64, 64, BufferedImage.TYPE_BYTE_GRAY);
        for (int i = 0; i < 64 * 64; i++) {
            image.getRaster().setSample(i % 64, i / 64, 0, i % 64 >= 21 && i / 64 >= 13 && i / 64 < 50 ? value : 0);
        }
        ByteArrayOutputStream jpeg = new ByteArrayOutputStream();
        assertTrue(ImageIO.write(image, "jpg", jpeg));
        ImageSource mask = ImageSource.of("mask", jpeg.toByteArray());
        boolean[] set = Masks.read(mask, mask, mask.size()).anomalous();
        for (int i = 0; i < set.length; i++) {
            assertEquals(image.getRaster().getSample(i % 64, i / 64, 0) > 0, set[i], "pixel " + i);
        }
        ByteArrayOutputStream black = new ByteArrayOutputStream();
        assertTrue(ImageIO.write(new BufferedImage(64, 64, BufferedImage.TYPE_BYTE_GRAY), "jpg", black));
        assertFalse(Masks.any(ImageSource.of("black", black.toByteArray())));
    }

    @Test
    void masksAreReadWithTheImagesOwnErrors() throws IOException {
        Path empty = Files.createFile(folder.resolve("empty.png"));
        assertTrue(assertThrows(ImageException.class, () -> read(empty))
                .getMessage()
                .contains("empty.png"));
    }

    @Test
    void resizingTakesTheNearestPixel() {
        try (SafeTensorsFile golden = GoldenFiles.open("resize")) {
            Path file = GoldenFiles.path("resize-mask.png");
            Mask mask = Masks.read(ImageSource.of(file), ImageSource.of(file), Images.size(file));
            ByteBuffer expected = golden.bytes("nearest_down");
            boolean[] bits = new boolean[64 * 64];
            for (int i = 0; i < bits.length; i++) {
                bits[i] = expected.get(i) != 0;
            }
            Mask resized = mask.resized(64, 64);
            assertArrayEquals(bits, resized.anomalous());
            assertTrue(resized.any());
            assertSame(resized, resized.resized(64, 64));
            assertFalse(new Mask(2, 2, new boolean[4]).any());
        }
    }

    @Test
    void closingFillsGapsAndKeepsTheOutline() {
        boolean[] set = new boolean[12 * 8];
        for (int y = 2; y < 6; y++) {
            for (int x = 0; x < 9; x++) {
                set[y * 12 + x] = !(x == 4 && y == 3); // a pinhole in a block that touches the border
            }
        }
        boolean[] whole = set.clone();
        whole[3 * 12 + 4] = true;
        assertArrayEquals(whole, new Mask(12, 8, set).closed(1).anomalous());
    }
}
