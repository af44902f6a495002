package org.rlr.model.synthetic;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.rlr.model.data.DataSetException;
import org.rlr.model.data.Mask;
import org.rlr.model.data.RgbImage;

class SyntheticDefectTest {
    private static final int WIDTH = 128;
    private static final int HEIGHT = 96;

    /** Every pixel differs in colour from its neighbours. */
    private static RgbImage noise() {
        byte[] rgb = new byte[WIDTH * HEIGHT * 3];
        new SplittableRandom(1).nextBytes(rgb);
        return new RgbImage(WIDTH, HEIGHT, rgb);
    }

    private static int area(Mask mask) {
        int area = 0;
        for (boolean set : mask.anomalous()) {
            area += set ? 1 : 0;
        }
        return area;
    }

    @Test
    void onlyPixelsInTheMaskChangeAndMostOfThemDo() {
        RgbImage image = noise();
        RgbImage before = new RgbImage(WIDTH, HEIGHT, image.rgb().clone());
        for (SyntheticDefect kind : SyntheticDefect.values()) {
            for (int seed = 0; seed < 50; seed++) {
                SyntheticDefect.Pasted pasted = kind.paste(image, new SplittableRandom(seed));
                int visible = 0;
                for (int i = 0; i < WIDTH * HEIGHT; i++) {
                    int change = 0;
                    for (int c = 0; c < 3; c++) {
                        change = Math.max(
                                change,
                                Math.abs((pasted.image().rgb()[3 * i + c] & 0xff) - (image.rgb()[3 * i + c] & 0xff)));
                    }
                    assertTrue(change == 0 || pasted.mask().anomalous()[i], kind + ", seed " + seed + ", pixel " + i);
                    visible += change > 10 ? 1 : 0;
                }
                double share = (double) area(pasted.mask()) / (WIDTH * HEIGHT);
                // rims of half a pixel make a patch a little larger or smaller
                assertTrue(
                        kind == SyntheticDefect.PATCH ? share > 0.017 && share < 0.17 : share > 0 && share < 0.02,
                        kind + " covers " + share);
                assertTrue(2 * visible >= area(pasted.mask()));
            }
        }
        assertEquals(before, image);
    }

    /**
     * The pasted part comes from the image, except for brightness and contrast: on a column ramp, rows stay alike and
     * columns keep their order.
     */
    @Test
    void aPatchIsCutOutOfTheImage() {
        byte[] rgb = new byte[WIDTH * HEIGHT * 3];
        for (int i = 0; i < rgb.length; i++) {
            rgb[i] = (byte) (2 * (i / 3 % WIDTH));
        }
        RgbImage ramp = new RgbImage(WIDTH, HEIGHT, rgb);
        for (int seed = 0; seed < 20; seed++) {
            SyntheticDefect.Pasted pasted = SyntheticDefect.PATCH.paste(ramp, new SplittableRandom(seed));
            for (int y = 0; y < HEIGHT; y++) {
                for (int x = 1; x < WIDTH; x++) {
                    int at = y * WIDTH + x;
                    if (pasted.mask().anomalous()[at] && pasted.mask().anomalous()[at - 1]) {
                        int step = (pasted.image().rgb()[3 * at] & 0xff)
                                - (pasted.image().rgb()[3 * at - 3] & 0xff);
                        assertTrue(step >= 0 && step <= 4, "seed " + seed + ", step " + step);
                    }
                }
            }
        }
    }

    @Test
    void theSameSeedGivesTheSameDefects() {
        for (SyntheticDefect kind : SyntheticDefect.values()) {
            assertEquals(
                    kind.paste(noise(), new SplittableRandom(3)).image(),
                    kind.paste(noise(), new SplittableRandom(3)).image());
            assertNotEquals(
                    kind.paste(noise(), new SplittableRandom(3)).image(),
                    kind.paste(noise(), new SplittableRandom(4)).image());
        }
    }

    @Test
    void uniformImagesAreRefused() {
        byte[] grey = new byte[WIDTH * HEIGHT * 3];
        java.util.Arrays.fill(grey, (byte) 20);
        for (SyntheticDefect kind : SyntheticDefect.values()) {
            String message = assertThrows(
                            DataSetException.class,
                            () -> kind.paste(new RgbImage(WIDTH, HEIGHT, grey), new SplittableRandom(1)))
                    .explanation();
            assertTrue(message.contains("uniform") && message.contains("exclude it"), message);
        }
    }
}
