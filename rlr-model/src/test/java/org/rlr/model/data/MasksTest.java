package org.rlr.model.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
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
