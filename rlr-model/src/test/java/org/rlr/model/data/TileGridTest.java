package org.rlr.model.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.rlr.model.config.Tiling;
import org.rlr.model.detect.AnomalyMap;

/** {@link TileGrid}: tiles cover the image and blend without a seam. */
class TileGridTest {
    private static TileGrid grid(int height, int width, int tileHeight, int tileWidth, int overlap) {
        return TileGrid.of(new ImageSize(width, height), tileHeight, tileWidth, new Tiling(overlap, 1));
    }

    @Test
    void tilesCoverAnAxisAndShareWhatWasAskedFor() {
        for (int tile : new int[] {1, 7, 64}) {
            for (int overlap = 0; 2 * overlap <= tile; overlap += Math.max(1, tile / 9)) {
                for (int length = tile; length < 6 * tile; length++) {
                    int[] starts = TileGrid.starts(length, tile, overlap);
                    assertEquals(0, starts[0]);
                    assertEquals(length, starts[starts.length - 1] + tile);
                    for (int i = 1; i < starts.length; i++) {
                        assertTrue(
                                starts[i] > starts[i - 1] && starts[i] + overlap <= starts[i - 1] + tile,
                                length + " by " + tile + "-" + overlap + ": " + Arrays.toString(starts));
                    }
                    // one tile fewer is not enough
                    assertTrue(starts.length == 1 || tile + (starts.length - 2) * (tile - overlap) < length);
                }
            }
        }
    }

    @Test
    void weightsSumToOneAndFadeWithoutAJump() {
        for (int length : new int[] {64, 65, 100, 130, 500}) {
            int[] starts = TileGrid.starts(length, 64, 20);
            double[][] weights = TileGrid.weights(starts, 64, length);
            double[] sums = new double[length];
            for (int i = 0; i < starts.length; i++) {
                for (int p = 0; p < 64; p++) {
                    assertTrue(weights[i][p] > 0 && weights[i][p] <= 1 + 1e-15);
                    assertTrue(p == 0 || Math.abs(weights[i][p] - weights[i][p - 1]) < 0.1, "a jump at " + p);
                    sums[starts[i] + p] += weights[i][p];
                }
                assertTrue(i == 0 || weights[i][0] < 0.01, "it begins at " + weights[i][0]);
            }
            for (double sum : sums) {
                assertEquals(1, sum, 4e-16);
            }
        }
    }

    /** Values that tiles agree on are bit-identical after blending. */
    @ParameterizedTest
    @CsvSource({"70,130,32,48,8", "32,48,32,48,16", "33,200,32,48,16", "96,96,32,32,0", "500,37,64,32,31"})
    void tilesOfOnePictureBlendIntoThePicture(int height, int width, int tileHeight, int tileWidth, int overlap) {
        TileGrid grid = grid(height, width, tileHeight, tileWidth, Math.min(overlap, tileWidth / 2));
        float[] picture = new float[height * width];
        byte[] places = new byte[picture.length * 3];
        for (int i = 0; i < picture.length; i++) {
            picture[i] = (float) Math.sin(i * 0.7) + i % 19 / 3f;
            places[3 * i] = (byte) (i >> 16);
            places[3 * i + 1] = (byte) (i >> 8);
            places[3 * i + 2] = (byte) i;
        }
        RgbImage image = new RgbImage(width, height, places);
        double[] sum = new double[picture.length];
        for (int tile = 0; tile < grid.count(); tile++) {
            byte[] cut = grid.cut(image, tile).rgb();
            double[] values = new double[tileHeight * tileWidth];
            for (int i = 0; i < values.length; i++) {
                values[i] = picture[(cut[3 * i] & 0xff) << 16 | (cut[3 * i + 1] & 0xff) << 8 | cut[3 * i + 2] & 0xff];
            }
            grid.add(tile, values, sum);
        }
        float[] blended = new float[sum.length];
        for (int i = 0; i < sum.length; i++) {
            blended[i] = (float) sum[i];
        }
        assertArrayEquals(picture, blended);
        List<RgbImage> cuts = IntStream.range(0, grid.count())
                .mapToObj(tile -> grid.cut(image, tile))
                .toList();
        assertEquals(image, grid.blend(cuts));
        assertThrows(IllegalArgumentException.class, () -> grid.blend(cuts.subList(1, cuts.size())));
        assertThrows(
                IllegalArgumentException.class,
                () -> grid.blend(Collections.nCopies(grid.count(), new RgbImage(1, 1, new byte[3]))));
    }

    @Test
    void identicalTilesOfOneScoreMakeAFlatMapThatIsMadeAgainTheSame() {
        TileGrid grid = grid(150, 90, 64, 64, 16);
        List<List<AnomalyMap.Level>> tiles = new ArrayList<>();
        for (int i = 0; i < grid.count(); i++) {
            float[] scores = new float[16];
            Arrays.fill(scores, 0.3f);
            tiles.add(List.of(new AnomalyMap.Level(scores, 4, 4)));
        }
        AnomalyMap map = AnomalyMap.of(grid, tiles);
        assertEquals(150, map.height());
        assertEquals(90, map.width());
        for (float value : map.values()) {
            assertEquals(0.3f, value);
        }
        assertArrayEquals(map.values(), map.recompute().get().values());
        assertThrows(IllegalArgumentException.class, () -> AnomalyMap.of(grid, tiles.subList(0, 2)));
    }

    @Test
    void imagesAreResizedByTheScaleAndUpToATile() {
        assertEquals(
                new ImageSize(300, 200),
                TileGrid.of(new ImageSize(600, 400), 64, 64, new Tiling(8, 0.5)).image());
        assertEquals(
                new ImageSize(80, 64),
                TileGrid.of(new ImageSize(50, 40), 64, 64, new Tiling(8, 1)).image());
        assertEquals(1, grid(64, 64, 64, 64, 32).count());
        assertEquals(4, grid(65, 65, 64, 64, 32).count());
        ImageException e = assertThrows(
                ImageException.class, () -> TileGrid.of(new ImageSize(60000, 1), 64, 96, new Tiling(8, 1)));
        assertEquals(ImageException.Reason.TOO_LARGE, e.reason());
        String message = e.explanation();
        assertTrue(
                message.contains("60000×1") && message.contains("96×64") && message.contains("`Tiling.scale`"),
                message);
    }
}
