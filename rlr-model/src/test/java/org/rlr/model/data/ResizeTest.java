package org.rlr.model.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.rlr.model.config.Normalization;
import org.rlr.tensor.golden.GoldenFiles;
import org.rlr.tensor.io.SafeTensorsFile;

class ResizeTest {
    @ParameterizedTest
    @ValueSource(strings = {"lanczos_down", "lanczos_up", "lanczos_mixed", "lanczos_wide"})
    void lanczosGivesPillowsBytes(String name) {
        try (SafeTensorsFile golden = GoldenFiles.open("resize")) {
            long[] shape = golden.entry(name).shape();
            RgbImage resized =
                    Resize.lanczos(Images.read(GoldenFiles.path("resize-input.png")), (int) shape[1], (int) shape[0]);
            ByteBuffer expected = golden.bytes(name);
            assertEquals(expected.remaining(), resized.rgb().length);
            int differing = 0;
            for (int i = 0; i < resized.rgb().length; i++) {
                int difference = Math.abs((expected.get(i) & 0xff) - (resized.rgb()[i] & 0xff));
                assertTrue(difference <= 1, "sample " + i + " differs by " + difference);
                differing += difference; // one more or less is allowed, but not as a habit
            }
            assertTrue(differing <= expected.limit() / 1000, differing + " samples off by one");
        }
    }

    @Test
    void nearestGivesPillowsMask() {
        try (SafeTensorsFile golden = GoldenFiles.open("resize")) {
            RgbImage mask = Resize.nearest(Images.read(GoldenFiles.path("resize-mask.png")), 64, 64);
            ByteBuffer expected = golden.bytes("nearest_down");
            for (int i = 0; i < 64 * 64; i++) {
                assertEquals(expected.get(i), mask.rgb()[i * 3], "pixel " + i);
            }
        }
    }

    @Test
    void flatPicturesStayFlatAtEverySize() {
        byte[] rgb = new byte[13 * 7 * 3];
        for (int i = 0; i < rgb.length; i++) {
            rgb[i] = (byte) (i % 3 == 0 ? 255 : i % 3 == 1 ? 131 : 0);
        }
        RgbImage image = new RgbImage(13, 7, rgb);
        for (int size = 1; size < 40; size++) {
            byte[] resized = Resize.lanczos(image, size, 41 - size).rgb();
            for (int i = 0; i < resized.length; i++) {
                assertEquals(rgb[i % 3], resized[i], "size " + size);
            }
        }
    }

    @Test
    void sizesThatAreThereAlreadyAreKept() {
        RgbImage image = TestImages.smooth(9, 5);
        assertSame(image, Resize.lanczos(image, 9, 5));
        assertSame(image, Resize.nearest(image, 9, 5));
        // one pass equals both passes if the other keeps its size
        assertEquals(Resize.lanczos(Resize.lanczos(image, 4, 5), 4, 11), Resize.lanczos(image, 4, 11));
        assertThrows(IllegalArgumentException.class, () -> Resize.lanczos(image, 0, 5));
    }

    @Test
    void preprocessingScalesEachChannel() {
        byte[] rgb = {0, (byte) 128, (byte) 255, (byte) 255, 0, 51};
        Normalization normalization = new Normalization(new float[] {0.1f, 0.2f, 0.3f}, new float[] {0.5f, 0.25f, 2});
        Preprocessor preprocessor = new Preprocessor(1, 2, normalization);
        float[] batch = new float[2 * preprocessor.length()];
        preprocessor.apply(new RgbImage(2, 1, rgb), batch, preprocessor.length());
        double[] expected = {-0.2, (128 / 255.0 - 0.2) / 0.25, 0.35, 1.8, -0.8, (0.2 - 0.3) / 2};
        for (int i = 0; i < expected.length; i++) {
            assertEquals(0, batch[i]);
            assertEquals(expected[i], batch[expected.length + i], 1e-6);
        }
        assertEquals(new Preprocessor(32, Normalization.IMAGENET).apply(TestImages.smooth(50, 60)).length, 32 * 32 * 3);
    }

    @Test
    void normalizationsAreValues() {
        Normalization.IMAGENET.mean()[0] = 7;
        assertEquals(
                new Normalization(new float[] {0.485f, 0.456f, 0.406f}, new float[] {0.229f, 0.224f, 0.225f}),
                Normalization.IMAGENET);
        assertThrows(IllegalArgumentException.class, () -> new Normalization(new float[3], new float[3]));
        assertThrows(IllegalArgumentException.class, () -> new Normalization(new float[1], new float[1]));
    }
}
