package org.rlr.model.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import javax.imageio.ImageReader;
import javax.imageio.stream.ImageInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class JpegWalkTest {
    private static final List<String> SOUND = List.of("restart", "progressive", "cmyk", "grey", "ok");

    @ParameterizedTest
    @ValueSource(strings = {"jfif_v2", "icc_seq0", "sos_samsung"})
    void oddHeadersDoNotMatter(String name) throws IOException {
        assertEquals(Images.read(file("ok")), Images.read(file(name)));
    }

    @Test
    void cleaningTwiceIsCleaningOnce() throws IOException {
        for (String name : SOUND) {
            byte[] once = JpegWalk.of(file(name)).cleaned();
            assertArrayEquals(once, JpegWalk.of(once).cleaned(), name);
        }
    }

    @Test
    void whatIsNoPartOfThePixelsIsPassedOver() throws IOException {
        for (String name : SOUND) {
            byte[] file = file(name);
            RgbImage expected = Images.read(file);
            assertEquals(expected, Images.read(joined(file, new byte[] {1, 2, 3})), name + ", bytes behind the end");
            int second = 4 + ((file[4] & 0xff) << 8) + (file[5] & 0xff);
            byte[] comment = {(byte) 0xff, (byte) 0xfe, 0, 4, 'h', 'i'};
            byte[] stray = {7, 7, 7, (byte) 0xff};
            assertEquals(expected, Images.read(inserted(file, second, comment)), name + ", a comment");
            assertEquals(expected, Images.read(inserted(file, second, stray)), name + ", stray bytes");
            assertEquals(
                    expected, Images.read(inserted(file, file.length - 2, new byte[64])), name + ", zeros at the end");
        }
        byte[] file = file("restart");
        assertEquals(Images.read(file), Images.read(Arrays.copyOf(file, file.length - 2)), "no end, but all pixels");
    }

    @Test
    void tablesThatAreMissingAreTheStandards() throws IOException {
        byte[] file = file("grey");
        ByteArrayOutputStream without = new ByteArrayOutputStream();
        without.write(file, 0, 2);
        int at = 2;
        while ((file[at + 1] & 0xff) != 0xda) {
            int length = 2 + ((file[at + 2] & 0xff) << 8) + (file[at + 3] & 0xff);
            if ((file[at + 1] & 0xff) != 0xc4) {
                without.write(file, at, length);
            }
            at += length;
        }
        without.write(file, at, file.length - at);
        assertTrue(without.size() < file.length - 100, "this file has tables");
        assertEquals(Images.read(file), Images.read(without.toByteArray()));
    }

    /** Not every damage is found: codes can resynchronise, with the right number of blocks. */
    @Test
    void sectorsThatAreZeroedOrDoubledAreDamage() throws IOException {
        Random random = new Random(5);
        byte[] file = file("restart");
        int found = 0;
        for (int i = 0; i < 200; i++) {
            int at = 2048 + random.nextInt(file.length - 2048 - 1026);
            byte[] sector = Arrays.copyOfRange(file, at, at + 512);
            byte[] zeroed = file.clone();
            Arrays.fill(zeroed, at, at + 512, (byte) 0);
            found += damaged(zeroed) + damaged(inserted(file, at + 512, sector));
        }
        assertTrue(found >= 396, found + " of 400");
    }

    /** Without restart markers codes resynchronise, but the means of blocks leave their range. */
    @Test
    void sectorsOfFilesWithoutRestartMarkersAreFoundMostly() throws IOException {
        Random random = new Random(6);
        byte[] file = file("contrast");
        int found = 0;
        for (int i = 0; i < 300; i++) {
            int at = 700 + random.nextInt(file.length - 700 - 258);
            byte[] zeroed = file.clone();
            Arrays.fill(zeroed, at, at + 128, (byte) 0);
            byte[] doubled = file.clone();
            System.arraycopy(file, at, doubled, at + 128, 128);
            found += damaged(zeroed) + damaged(doubled);
        }
        assertTrue(found >= 580, found + " of 600");
    }

    @Test
    void aPreviewBehindAWrongLengthIsNotThePicture() throws IOException {
        byte[] segment = {(byte) 0xff, (byte) 0xe1, 0, 8, 'E', 'x', 'i', 'f', 0, 0};
        assertDamaged(inserted(file("ok"), 2, joined(segment, file("grey"))), "a preview");
        byte[] file = file("ok");
        assertEquals(Images.read(file), Images.read(inserted(file, 2, Arrays.copyOf(file, 2))), "begins twice");
    }

    @Test
    void aHeightThatIsGivenTwiceIsTheSame() throws IOException {
        byte[] file = file("ok");
        int height = Images.read(file).height();
        byte[] lines = {(byte) 0xff, (byte) 0xdc, 0, 4, (byte) (height >> 8), (byte) height};
        assertEquals(Images.read(file), Images.read(inserted(file, file.length - 2, lines)));
        lines[5]++;
        assertDamaged(inserted(file, file.length - 2, lines), "another height");
    }

    @Test
    void progressiveFilesHaveTheirLastBits() throws IOException {
        byte[] file = file("progressive");
        int last = file.length - 2;
        while (file[last] != (byte) 0xff || file[last + 1] != (byte) 0xda) {
            last--;
        }
        byte[] without = joined(Arrays.copyOf(file, last), new byte[] {(byte) 0xff, (byte) 0xd9});
        assertDamaged(without, "without its last scan");
    }

    @Test
    void filesCutWithinTheirPixelsAreDamage() throws IOException {
        for (String name : SOUND) {
            byte[] file = file(name);
            for (int length = 3; length < file.length - 3; length += 1 + file.length / 200) {
                assertDamaged(Arrays.copyOf(file, length), name + " cut at " + length);
            }
        }
    }

    private static int damaged(byte[] file) {
        try {
            Images.read(file);
            return 0;
        } catch (ImageException e) {
            assertEquals(ImageException.Reason.DAMAGED, e.reason());
            return 1;
        }
    }

    private static void assertDamaged(byte[] file, String what) {
        ImageException e = assertThrows(ImageException.class, () -> Images.read(file), what);
        assertEquals(ImageException.Reason.DAMAGED, e.reason(), what);
    }

    /** A warning of the JDK's reader can freeze a JVM, so the cleaned file must cause none. */
    @Test
    void theDecoderHasNothingToWarnOf() throws IOException {
        Random random = new Random(11);
        int walked = 0;
        for (int i = 0; i < 6000; i++) {
            byte[] file = changed(file(SOUND.get(random.nextInt(SOUND.size()))), random);
            JpegWalk walk;
            try {
                walk = JpegWalk.of(file);
            } catch (IOException | ImageException e) {
                assertFalse(e.getMessage().isBlank());
                continue;
            }
            List<String> warnings = new ArrayList<>();
            ImageReader reader = ImageFormat.JPEG.reader();
            reader.addIIOReadWarningListener((source, warning) -> warnings.add(warning));
            try (ImageInputStream in = Images.memoryStream(walk.cleaned())) {
                reader.setInput(in, true, true);
                reader.readRaster(0, null);
                walked++;
            } catch (IOException e) {
                // a missing quantisation table is an error
            } finally {
                reader.dispose();
            }
            assertEquals(List.of(), warnings, "change " + i);
        }
        assertTrue(walked > 300, walked + " files were decoded");
    }

    /** Returns the file with bytes changed, zeroed, doubled, inserted or cut off. */
    private static byte[] changed(byte[] file, Random random) {
        int at = 3 + random.nextInt(file.length - 3);
        int length = Math.min(file.length - at, 1 + random.nextInt(64));
        byte[] changed = file.clone();
        switch (random.nextInt(5)) {
            case 0 -> changed[at] = (byte) random.nextInt(256);
            case 1 -> Arrays.fill(changed, at, at + length, (byte) 0);
            case 2 -> changed = inserted(file, at, Arrays.copyOfRange(file, at, at + length));
            case 3 -> changed = Arrays.copyOf(file, at);
            default -> {
                byte[] noise = new byte[1 + length / 16];
                random.nextBytes(noise);
                changed = inserted(file, at, noise);
            }
        }
        return changed;
    }

    @Test
    void whatFrozeTheJvmIsAnError() throws IOException {
        byte[] hang = file("hang");
        assertDamaged(hang, "hang");
    }

    private static byte[] inserted(byte[] file, int at, byte[] bytes) {
        return joined(Arrays.copyOf(file, at), joined(bytes, Arrays.copyOfRange(file, at, file.length)));
    }

    private static byte[] joined(byte[] a, byte[] b) {
        byte[] all = Arrays.copyOf(a, a.length + b.length);
        System.arraycopy(b, 0, all, a.length, b.length);
        return all;
    }

    private static byte[] file(String name) throws IOException {
        try (InputStream in = JpegWalkTest.class.getResourceAsStream("/cases/jpeg/" + name + ".jpg")) {
            return in.readAllBytes();
        }
    }
}
