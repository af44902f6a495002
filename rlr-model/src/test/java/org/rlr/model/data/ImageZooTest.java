package org.rlr.model.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.zip.CRC32;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Unusual kinds of image files. {@code pillow.tsv} holds the size of each and the CRC-32 of Pillow's RGB pixels, or the
 * reason why it is rejected. A warning of the JDK's decoder is an error.
 */
class ImageZooTest {
    private record Kind(String name, String size, String content) {}

    static List<Kind> kinds() throws IOException {
        return new String(file("pillow.tsv"), StandardCharsets.UTF_8)
                .lines()
                .map(line -> line.split("\t"))
                .map(row -> new Kind(row[0], row[1], row[2]))
                .toList();
    }

    @ParameterizedTest
    @MethodSource("kinds")
    void isReadAsByPillowOrRefused(Kind kind) throws IOException {
        byte[] file = file(kind.name);
        if (kind.size.isEmpty()) {
            ImageException e = assertThrows(ImageException.class, () -> Images.read(file));
            assertEquals(ImageException.Reason.valueOf(kind.content), e.reason(), e.toString());
            return;
        }
        RgbImage image = Images.read(file);
        assertEquals(kind.size.replace('x', '\u00d7'), image.size().toString());
        assertEquals(image.size(), Images.size(Images.Origin.of(""), file));
        CRC32 crc = new CRC32();
        crc.update(image.rgb());
        assertEquals(kind.content, String.format("%08x", crc.getValue()));
    }

    /** The last bytes of a file are not always pixels; a shorter file that is read gives the whole image. */
    @Test
    void aCutFileIsRefusedOrWhole() throws IOException {
        List<String> wrong = new ArrayList<>();
        int refused = 0;
        for (Kind kind : kinds()) {
            if (kind.size.isEmpty() || kind.name.startsWith("gif_flat")) {
                continue;
            }
            byte[] file = file(kind.name);
            RgbImage whole = Images.read(file);
            for (int i = 1; i < 40; i++) {
                try {
                    if (!whole.equals(Images.read(Arrays.copyOf(file, file.length * i / 40)))) {
                        wrong.add(kind.name + " cut at " + file.length * i / 40);
                    }
                } catch (ImageException e) {
                    refused++;
                }
            }
        }
        assertEquals(List.of(), wrong);
        assertTrue(refused > 2000, refused + " refused");
    }

    @ParameterizedTest
    @ValueSource(strings = {"o_lossy.webp, WebP", "o_lossless.webp, WebP", "o.avif, AVIF", "o.jp2, JPEG 2000"})
    void otherFormatsAreNamed(String row) throws IOException {
        String[] parts = row.split(", ");
        byte[] file = file(parts[0]);
        for (ImageException e : List.of(
                assertThrows(ImageException.class, () -> Images.read(file)),
                assertThrows(
                        ImageException.class, () -> ImageSource.of("x", file).size()))) {
            assertEquals(ImageException.Reason.UNSUPPORTED, e.reason());
            assertTrue(e.getMessage().contains(parts[1]) && e.remedy().contains("magick"), e.explanation());
        }
    }

    private static byte[] file(String name) throws IOException {
        try (InputStream in = ImageZooTest.class.getResourceAsStream("/cases/zoo/" + name)) {
            return in.readAllBytes();
        }
    }
}
