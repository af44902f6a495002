package org.rlr.model.detect;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.rlr.tensor.golden.GoldenFiles;
import org.rlr.tensor.io.SafeTensorsFile;

class AnomalyMapTest {
    private static void assertNear(float[] expected, float[] actual, double relative) {
        assertEquals(expected.length, actual.length);
        double scale = 0;
        for (float value : expected) {
            scale = Math.max(scale, Math.abs(value));
        }
        for (int i = 0; i < expected.length; i++) {
            assertEquals(expected[i], actual[i], relative * scale, "element " + i);
        }
    }

    @Test
    void goldenTokenScoresMapSmoothedMapAndImageScoreHold() {
        try (SafeTensorsFile golden = GoldenFiles.open("anomaly-map")) {
            long[] shape = golden.entry("map").shape();
            int images = (int) shape[0];
            int height = (int) shape[1];
            int width = (int) shape[2];
            float[] map = golden.readFloats("map");
            float[] smoothed = golden.readFloats("smoothed");
            float[] imageScore = golden.readFloats("image_score");
            for (int image = 0; image < images; image++) {
                List<AnomalyMap.Level> levels = new ArrayList<>();
                for (int level = 0; golden.contains("level" + level + ".input"); level++) {
                    long[] tokensShape = golden.entry("level" + level + ".input").shape();
                    int tokens = (int) tokensShape[1];
                    int channels = (int) tokensShape[2];
                    int side = (int) Math.sqrt(tokens);
                    assertEquals(tokens, side * side);
                    float[] scores = AnomalyMap.tokenScores(golden.readFloats("level" + level + ".input"),
                            golden.readFloats("level" + level + ".reconstruction"), image * tokens * channels, tokens, channels);
                    float[] expected = golden.readFloats("level" + level + ".token_score");
                    assertNear(Arrays.copyOfRange(expected, image * tokens, (image + 1) * tokens), scores, 1e-6);
                    levels.add(new AnomalyMap.Level(scores, side, side));
                }
                AnomalyMap actual = AnomalyMap.of(levels, height, width);
                int from = image * height * width;
                int to = from + height * width;
                assertNear(Arrays.copyOfRange(map, from, to), actual.values(), 1e-6);
                assertNear(Arrays.copyOfRange(smoothed, from, to), actual.smoothed(), 1e-6);
                assertEquals(imageScore[image], actual.imageScore(), 1e-6 * imageScore[image]);
            }
        }
    }

    @Test
    void tokensOfZerosScoreOnePlusTheirSquares() {
        float[] scores = AnomalyMap.tokenScores(new float[] {0, 0, 3, 4, 1, 1}, new float[] {0, 0, 0, 0, 1, 1}, 0, 3, 2);
        assertArrayEquals(new float[] {1, 12.5f + 1, 0}, scores, 1e-6f);
    }

    @Test
    void upsamplingAlignsTheCornersAndIsLinearBetween() {
        AnomalyMap map = AnomalyMap.of(List.of(new AnomalyMap.Level(new float[] {0, 4, 8, 12}, 2, 2)), 3, 5);
        assertArrayEquals(new float[] {0, 1, 2, 3, 4, 4, 5, 6, 7, 8, 8, 9, 10, 11, 12}, map.values(), 1e-6f);
        assertEquals(3, map.height());
        assertEquals(5, map.width());
    }

    @Test
    void levelsAreAveragedWhateverTheirGrids() {
        AnomalyMap map = AnomalyMap.of(List.of(new AnomalyMap.Level(new float[] {3}, 1, 1),
                new AnomalyMap.Level(new float[] {1, 5}, 1, 2)), 1, 3);
        assertArrayEquals(new float[] {2, 3, 4}, map.values(), 1e-6f);
        assertArrayEquals(new float[] {2}, AnomalyMap.of(List.of(new AnomalyMap.Level(new float[] {2, 5, 7, 9}, 2, 2)), 1, 1).values());
        assertThrows(IllegalArgumentException.class, () -> AnomalyMap.of(List.of(), 3, 3));
    }

    @Test
    void nanIsPassedOnToTheImageScore() {
        assertTrue(Float.isNaN(AnomalyMap.of(List.of(new AnomalyMap.Level(new float[] {1, Float.NaN, 1, 1}, 2, 2)), 9, 9).imageScore()));
    }

    /** The definition: every pair of offsets, the mirror image walked step by step. */
    private static float[] filteredNaively(float[] image, int height, int width, double sigma) {
        int radius = (int) (4 * sigma + 0.5);
        float[] result = new float[image.length];
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                double sum = 0;
                double weights = 0;
                for (int dy = -radius; dy <= radius; dy++) {
                    for (int dx = -radius; dx <= radius; dx++) {
                        double weight = Math.exp(-(dx * dx + dy * dy) / (2 * sigma * sigma));
                        sum += weight * image[walked(y, dy, height) * width + walked(x, dx, width)];
                        weights += weight;
                    }
                }
                result[y * width + x] = (float) (sum / weights);
            }
        }
        return result;
    }

    private static int walked(int from, int steps, int length) {
        int at = from;
        int direction = Integer.signum(steps);
        for (int i = 0; i < Math.abs(steps); i++) {
            if (at + direction < 0 || at + direction >= length) {
                direction = -direction; // the edge pixel counts twice
            } else {
                at += direction;
            }
        }
        return at;
    }

    @Test
    void filterMirrorsImagesOfAnySize() {
        Random random = new Random(11);
        int[][] sizes = {{1, 1}, {1, 7}, {5, 2}, {3, 16}, {16, 17}, {33, 20}};
        for (int[] size : sizes) {
            float[] image = new float[size[0] * size[1]];
            for (int i = 0; i < image.length; i++) {
                image[i] = random.nextFloat();
            }
            for (double sigma : new double[] {0.7, 4}) {
                assertArrayEquals(filteredNaively(image, size[0], size[1], sigma),
                        new GaussianFilter(sigma).apply(image, size[0], size[1]), 1e-6f, Arrays.toString(size) + " sigma " + sigma);
            }
        }
    }

    @Test
    void filterRefusesWhatIsNoImageOrNoWidth() {
        assertThrows(IllegalArgumentException.class, () -> new GaussianFilter(0));
        assertThrows(IllegalArgumentException.class, () -> new GaussianFilter(Double.NaN));
        assertThrows(IllegalArgumentException.class, () -> new GaussianFilter(1).apply(new float[5], 2, 3));
    }
}
