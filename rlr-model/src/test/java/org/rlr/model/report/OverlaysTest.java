package org.rlr.model.report;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rlr.model.config.MapScale;
import org.rlr.model.data.ImageSize;
import org.rlr.model.data.Images;
import org.rlr.model.data.Mask;
import org.rlr.model.data.PngFile;
import org.rlr.model.data.RgbImage;

class OverlaysTest {
    @TempDir
    Path folder;

    private static RgbImage flat(int width, int height, int value) {
        byte[] rgb = new byte[width * height * 3];
        Arrays.fill(rgb, (byte) value);
        return new RgbImage(width, height, rgb);
    }

    private static int[] pixel(RgbImage image, int x, int y) {
        int at = (y * image.width() + x) * 3;
        return new int[] {image.rgb()[at] & 0xff, image.rgb()[at + 1] & 0xff, image.rgb()[at + 2] & 0xff};
    }

    @Test
    void highScoresAreRedAndLowOnesShowTheImage() {
        float[] map = {0, 0, 1, 1};
        RgbImage overlay = Overlays.overlay(flat(40, 40, 100), map, 2, 2, new MapScale(0, 1));
        int[] low = pixel(overlay, 20, 2);
        int[] high = pixel(overlay, 20, 37);
        assertArrayEquals(new int[] {75, 75, 75}, low);
        assertTrue(high[0] > 150 && high[1] < 100 && high[2] < 60, Arrays.toString(high));
    }

    @Test
    void theScaleIsSharedNotTheImagesOwn() {
        float[] weak = {0, 0, 0, 0.1f};
        int[] own = pixel(Overlays.overlay(flat(20, 20, 90), weak, 2, 2, new MapScale(0, 0.1f)), 19, 19);
        int[] shared = pixel(Overlays.overlay(flat(20, 20, 90), weak, 2, 2, new MapScale(0, 1)), 19, 19);
        assertTrue(own[0] > 150 && shared[0] < 90, Arrays.toString(own) + Arrays.toString(shared));
    }

    @Test
    void theScaleOfADataSetReachesFromTheMedianToNearTheTop() {
        float[] map = new float[1001];
        for (int i = 0; i < map.length; i++) {
            map[i] = i / 1000f;
        }
        map[map.length - 1] = 1000; // one extreme score changes nothing
        assertEquals(new MapScale(0.5f, 0.995f), MapScale.of(List.of(map), 0.1f));
        assertEquals(new MapScale(0.5f, 7), MapScale.of(List.of(map), 7));
        assertEquals(MapScale.of(List.of(map, map), 0), MapScale.of(List.of(map), 0));
        MapScale.Sampler surprised =
                new MapScale.Sampler(500); // more scores than announced: every so many-th of them all
        for (int i = 0; i < 3; i++) {
            surprised.add(map);
        }
        MapScale thinned = surprised.scale(0);
        assertEquals(0.5f, thinned.min(), 0.02f);
        assertEquals(0.995f, thinned.max(), 0.01f);
        float[] many = new float[(1 << 22) * 2 + 3];
        Arrays.fill(many, 3);
        assertEquals(new MapScale(3, 3), MapScale.of(List.of(many, new float[0], map, many), 0));
    }

    @Test
    void scoresOutsideTheScaleTakeItsEndsAndAnEmptyScaleIsCold() {
        RgbImage image = flat(8, 8, 50);
        MapScale scale = new MapScale(2, 3);
        float[] low = {-1, -1, -1, -1};
        float[] high = {9, 9, 9, 9};
        assertEquals(
                Overlays.overlay(image, new float[] {2, 2, 2, 2}, 2, 2, scale),
                Overlays.overlay(image, low, 2, 2, scale));
        assertEquals(
                Overlays.overlay(image, new float[] {3, 3, 3, 3}, 2, 2, scale),
                Overlays.overlay(image, high, 2, 2, scale));
        assertEquals(
                Overlays.overlay(image, low, 2, 2, scale), Overlays.overlay(image, high, 2, 2, new MapScale(9, 9)));
    }

    @Test
    void mapsAreStretchedBetweenTheCentresOfTheirPixels() {
        // twice as wide: the centres of the four columns lie at -¼, ¼, ¾ and 1¼ of the map's, cut to 0…1
        RgbImage image = flat(4, 1, 0);
        MapScale scale = new MapScale(0, 4);
        RgbImage stretched = Overlays.overlay(image, new float[] {0, 4}, 1, 2, scale);
        assertEquals(Overlays.overlay(image, new float[] {0, 1, 3, 4}, 1, 4, scale), stretched);
    }

    @Test
    void mapsThatCannotBeDrawnAreRefused() {
        RgbImage image = flat(4, 4, 0);
        MapScale scale = new MapScale(0, 1);
        assertThrows(IllegalArgumentException.class, () -> Overlays.overlay(image, new float[3], 2, 2, scale));
        assertThrows(
                IllegalArgumentException.class,
                () -> Overlays.overlay(image, new float[] {0, Float.NaN, 0, 0}, 2, 2, scale));
        assertThrows(IllegalArgumentException.class, () -> Overlays.contactSheet(List.of(), 1));
    }

    @Test
    void aPanelShowsImageMaskAndMapInTheImagesProportions() {
        RgbImage image = flat(100, 50, 200);
        boolean[] set = new boolean[100 * 50];
        Arrays.fill(set, 0, 100 * 25, true);
        MapScale scale = new MapScale(0, 1);
        RgbImage panel = Overlays.panel(image, new Mask(100, 50, set), new float[16], 4, 4, scale);
        int tile = Overlays.TILE;
        assertEquals(new ImageSize(3 * tile + 8, tile / 2), panel.size());
        assertArrayEquals(new int[] {200, 200, 200}, pixel(panel, 5, 5));
        assertArrayEquals(new int[] {255, 255, 255}, pixel(panel, tile + 1, 100), "the gap");
        assertArrayEquals(new int[] {255, 255, 255}, pixel(panel, tile + 10, 5));
        assertArrayEquals(new int[] {0, 0, 0}, pixel(panel, tile + 10, tile / 2 - 5));
        assertArrayEquals(new int[] {150, 150, 150}, pixel(panel, 2 * tile + 20, 5));
        RgbImage withoutMask = Overlays.panel(image, null, new float[16], 4, 4, scale);
        assertEquals(new ImageSize(2 * tile + 4, tile / 2), withoutMask.size());
    }

    /** Details found by tiles in a large image must be visible in its picture. */
    @Test
    void aPanelIsAsLargeAsAMapThatIsLarger() {
        RgbImage image = flat(80, 40, 200);
        MapScale scale = new MapScale(0, 1);
        float[] map = new float[200 * 400];
        map[100 * 400 + 300] = 1;
        RgbImage panel = Overlays.panel(image, null, map, 200, 400, scale);
        assertEquals(new ImageSize(2 * 400 + 4, 200), panel.size());
        assertArrayEquals(new int[] {150, 150, 150}, pixel(panel, 404 + 299, 100));
        assertFalse(
                Arrays.equals(new int[] {150, 150, 150}, pixel(panel, 404 + 300, 100)),
                "one picture pixel per map pixel");
        assertEquals(
                new ImageSize(2 * 2048 + 4, 1024),
                Overlays.panel(image, null, new float[3000], 1, 3000, scale).size(),
                "at most the size limit");
    }

    @Test
    void aContactSheetFillsColumnsAndIsWrittenWhole() {
        List<RgbImage> panels = List.of(flat(10, 5, 10), flat(10, 5, 20), flat(6, 7, 30));
        RgbImage sheet = Overlays.contactSheet(panels, 2);
        assertEquals(new ImageSize(10 + 16 + 6, 7 + 4 + 5), sheet.size());
        assertArrayEquals(new int[] {10, 10, 10}, pixel(sheet, 0, 0));
        assertArrayEquals(new int[] {20, 20, 20}, pixel(sheet, 9, 15));
        assertArrayEquals(new int[] {30, 30, 30}, pixel(sheet, 26, 0));
        assertArrayEquals(new int[] {255, 255, 255}, pixel(sheet, 0, 6));
        Path file = folder.resolve("new folder/sheet.png");
        PngFile.write(file, sheet.toBufferedImage());
        assertEquals(sheet, Images.read(file));
    }
}
