package org.rlr.model.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ImageSourceTest {
    @TempDir
    private Path folder;

    @Test
    void everyKindGivesTheSamePixels() throws IOException {
        BufferedImage image = gradient();
        byte[] png = encoded(image, "png");
        Path file = Files.write(folder.resolve("a.png"), png);
        RgbImage expected = RgbImage.of(image);
        List<ImageSource> sources = List.of(
                ImageSource.of(file),
                ImageSource.of("bytes", png),
                ImageSource.of("opener", () -> new ByteArrayInputStream(png)),
                ImageSource.of("pixels", expected),
                ImageSource.of("java", image));
        for (ImageSource source : sources) {
            assertEquals(expected, source.read(), source.id());
            assertEquals(new ImageSize(9, 5), source.size(), source.id());
            assertEquals(expected, source.read(), source + ", again");
        }
        assertArrayEquals(png, sources.get(0).content());
        assertArrayEquals(sources.get(3).content(), sources.get(4).content());
        assertEquals(8 + 9 * 5 * 3, sources.get(3).content().length);
        assertEquals(expected, Images.read(png));
        assertEquals(expected, Images.read(new ByteArrayInputStream(png)));
    }

    @Test
    void manyThreadsReadOneImage() {
        BufferedImage image = gradient();
        ImageSource source = ImageSource.of("shared", image);
        RgbImage expected = RgbImage.of(image);
        IntStream.range(0, 64).parallel().forEach(i -> assertEquals(expected, source.read()));
    }

    @Test
    void filesAreEqualByPathAndOthersAreThemselves() throws IOException {
        Path file = folder.resolve("a.png");
        assertEquals(ImageSource.of(file), ImageSource.of(folder.resolve("a.png")));
        assertEquals(
                ImageSource.of(file).hashCode(),
                ImageSource.of(folder.resolve("a.png")).hashCode());
        assertEquals(file, ImageSource.of(file).file());
        assertEquals(file.toString(), ImageSource.of(file).id());
        byte[] png = encoded(gradient(), "png");
        assertNotEquals(ImageSource.of("a", png), ImageSource.of("a", png));
        assertNull(ImageSource.of("a", png).file());
    }

    @Test
    void damageIsAnErrorThatNamesTheImage() throws IOException {
        byte[] jpeg = encoded(gradient(), "jpg");
        byte[] cut = Arrays.copyOf(jpeg, jpeg.length / 2);
        assertDamage(ImageException.Reason.DAMAGED, "part-17", cut);
        assertDamage(ImageException.Reason.EMPTY, "part-17", new byte[0]);
        assertDamage(ImageException.Reason.UNSUPPORTED, "part-17", "RIFF????WEBPVP8 ".getBytes("US-ASCII"));
        assertDamage(ImageException.Reason.NOT_AN_IMAGE, "part-17", "RIFF????WAVEfmt ".getBytes("US-ASCII"));
        ImageException unnamed = assertThrows(ImageException.class, () -> Images.read(cut));
        assertTrue(unnamed.getMessage().startsWith("the JPEG image is truncated or damaged ("), unnamed.getMessage());
        assertFalse(unnamed.remedy().contains("file"), unnamed.remedy());
        assertEquals(
                "the data is not a PNG, JPEG, BMP, GIF or TIFF image",
                assertThrows(ImageException.class, () -> Images.read(new byte[100]))
                        .getMessage());
        ImageException failing = assertThrows(
                ImageException.class,
                () -> ImageSource.of("row 3", () -> {
                            throw new IOException("connection lost");
                        })
                        .read());
        assertEquals(ImageException.Reason.UNREADABLE, failing.reason());
        assertEquals("the image row 3 cannot be read (connection lost)", failing.getMessage());
    }

    private static void assertDamage(ImageException.Reason reason, String id, byte[] bytes) {
        ImageException e = assertThrows(
                ImageException.class, () -> ImageSource.of(id, bytes).read());
        assertEquals(reason, e.reason());
        assertTrue(e.getMessage().contains(id), e.getMessage());
    }

    private static BufferedImage gradient() {
        BufferedImage image = new BufferedImage(9, 5, BufferedImage.TYPE_3BYTE_BGR);
        for (int y = 0; y < 5; y++) {
            for (int x = 0; x < 9; x++) {
                image.setRGB(x, y, x * 20 << 16 | y * 40 << 8 | (x + y) * 10);
            }
        }
        return image;
    }

    private static byte[] encoded(BufferedImage image, String format) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        assertTrue(ImageIO.write(image, format, out));
        return out.toByteArray();
    }
}
