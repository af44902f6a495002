package org.rlr.model.detect;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.rlr.model.KernelSets;
import org.rlr.model.config.Scoring;
import org.rlr.model.config.Tiling;
import org.rlr.model.data.ImageSize;
import org.rlr.model.data.TileGrid;
import org.rlr.tensor.Tensor;
import org.rlr.tensor.TensorScope;
import org.rlr.tensor.autograd.FusedFunctions;
import org.rlr.tensor.backend.Backend;
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

    /** As in production: on the backend, in batches. */
    private static float[] tokenScores(Backend backend, float[] reconstruction, float[] features, int... shape) {
        try (TensorScope scope = TensorScope.inference(backend)) {
            return FusedFunctions.tokenScores(Tensor.of(reconstruction, shape), Tensor.of(features, shape))
                    .toArray();
        }
    }

    /** One image's part of a batch's array. */
    private static float[] part(float[] all, int image, int images) {
        int count = all.length / images;
        return Arrays.copyOfRange(all, image * count, (image + 1) * count);
    }

    static List<String> kernelSets() {
        return KernelSets.NAMES;
    }

    @ParameterizedTest
    @MethodSource("kernelSets")
    void goldenTokenScoresMapSmoothedMapAndImageScoreHold(String kernels) {
        try (Backend backend = KernelSets.open(kernels);
                SafeTensorsFile golden = GoldenFiles.open("anomaly-map")) {
            long[] shape = golden.entry("map").shape();
            int images = (int) shape[0];
            int height = (int) shape[1];
            int width = (int) shape[2];
            List<float[]> scores = new ArrayList<>();
            List<float[]> expected = new ArrayList<>();
            for (int level = 0; golden.contains("level" + level + ".input"); level++) {
                String name = "level" + level + ".";
                int[] tokens = Arrays.stream(golden.entry(name + "input").shape())
                        .mapToInt(Math::toIntExact)
                        .toArray();
                scores.add(tokenScores(
                        backend,
                        golden.readFloats(name + "reconstruction"),
                        golden.readFloats(name + "input"),
                        tokens));
                expected.add(golden.readFloats(name + "token_score"));
            }
            List<Integer> levels = IntStream.range(0, scores.size()).boxed().toList();
            Scoring published = new Scoring(levels, Collections.nCopies(levels.size(), 1.0), Scoring.SMOOTHING);
            for (int image = 0; image < images; image++) {
                List<AnomalyMap.Level> tokens = new ArrayList<>();
                for (int level : levels) {
                    float[] own = part(scores.get(level), image, images);
                    assertNear(part(expected.get(level), image, images), own, 1e-6);
                    int side = (int) Math.sqrt(own.length);
                    tokens.add(new AnomalyMap.Level(own, side, side));
                }
                AnomalyMap actual = new LevelScores(levels, List.of(tokens), null, height, width).map(published);
                assertNear(part(golden.readFloats("map"), image, images), actual.values(), 1e-6);
                assertNear(part(golden.readFloats("smoothed"), image, images), actual.smoothed(), 1e-6);
                float score = golden.readFloats("image_score")[image];
                assertEquals(score, actual.imageScore(), 1e-6 * score);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("kernelSets")
    void tokensOfZerosScoreOnePlusTheirSquares(String kernels) {
        try (Backend backend = KernelSets.open(kernels)) {
            float[] scores =
                    tokenScores(backend, new float[] {0, 0, 0, 0, 1, 1}, new float[] {0, 0, 3, 4, 1, 1}, 1, 3, 2);
            assertArrayEquals(new float[] {1, 12.5f + 1, 0}, scores, 1e-6f);
        }
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
        AnomalyMap map = AnomalyMap.of(
                List.of(new AnomalyMap.Level(new float[] {3}, 1, 1), new AnomalyMap.Level(new float[] {1, 5}, 1, 2)),
                1,
                3);
        assertArrayEquals(new float[] {2, 3, 4}, map.values(), 1e-6f);
        assertArrayEquals(
                new float[] {2},
                AnomalyMap.of(List.of(new AnomalyMap.Level(new float[] {2, 5, 7, 9}, 2, 2)), 1, 1)
                        .values());
        assertThrows(IllegalArgumentException.class, () -> AnomalyMap.of(List.of(), 3, 3));
    }

    @Test
    void nanPropagatesToTheImageScore() {
        assertTrue(Float.isNaN(AnomalyMap.of(
                        List.of(new AnomalyMap.Level(new float[] {1, Float.NaN, 1, 1}, 2, 2)), 9, 9)
                .imageScore()));
    }

    /** The definition: every pair of offsets, mirrored step by step. */
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
                assertArrayEquals(
                        filteredNaively(image, size[0], size[1], sigma),
                        new GaussianFilter(sigma).apply(image, size[0], size[1]),
                        1e-6f,
                        Arrays.toString(size) + " sigma " + sigma);
            }
        }
    }

    @Test
    void theFilterRefusesInvalidArguments() {
        assertThrows(IllegalArgumentException.class, () -> new GaussianFilter(0));
        assertThrows(IllegalArgumentException.class, () -> new GaussianFilter(Double.NaN));
        assertThrows(IllegalArgumentException.class, () -> new GaussianFilter(1).apply(new float[5], 2, 3));
    }

    /** Levels of one token and of two by two tokens; their maps are known exactly. */
    private static final AnomalyMap.Level COARSE = new AnomalyMap.Level(new float[] {3}, 1, 1);

    private static final AnomalyMap.Level FINE = new AnomalyMap.Level(new float[] {0, 4, 8, 12}, 2, 2);

    @Test
    void levelsAreWeighted() {
        AnomalyMap map = AnomalyMap.of(List.of(FINE, COARSE), new double[] {1, 0.5}, 0, 2, 2);
        assertArrayEquals(new float[] {1, 1.5f / 1.5f + 4 / 1.5f, 1 + 8 / 1.5f, 1 + 12 / 1.5f}, map.values(), 1e-6f);
        assertEquals(9, map.imageScore(), "the maximum, unsmoothed");
        assertArrayEquals(
                AnomalyMap.of(List.of(FINE, COARSE), 3, 5).values(),
                AnomalyMap.of(List.of(FINE, COARSE), new double[] {2, 2}, 4, 3, 5)
                        .values());
        assertThrows(
                IllegalArgumentException.class, () -> AnomalyMap.of(List.of(FINE, COARSE), new double[] {1}, 0, 2, 2));
    }

    @Test
    void aScoringChoosesLevelsWeightsAndSmoothing() {
        LevelScores scores = new LevelScores(List.of(2, 3), List.of(List.of(FINE, COARSE)), null, 2, 2);
        assertArrayEquals(
                FINE.scores(),
                scores.map(new Scoring(List.of(2), List.of(7.0), 0)).values());
        assertArrayEquals(
                new float[] {3, 3, 3, 3},
                scores.map(new Scoring(List.of(3), List.of(0.1), 4)).values(),
                1e-6f);
        AnomalyMap map = scores.map(new Scoring(List.of(3, 2), List.of(3.0, 1.0), 1));
        assertArrayEquals(new float[] {9 / 4f, 13 / 4f, 17 / 4f, 21 / 4f}, map.values());
        float greatest = 0;
        for (float value : new GaussianFilter(1).apply(map.values(), 2, 2)) {
            greatest = Math.max(greatest, value);
        }
        assertEquals(greatest, map.imageScore());
        assertEquals(21 / 4f, map.imageScore(0));
        assertArrayEquals(map.values(), map.recompute().get().values());
        assertEquals(map.imageScore(), map.recompute().get().imageScore());
        assertThrows(IllegalArgumentException.class, () -> scores.map(new Scoring(List.of(1), List.of(1.0), 4)));
    }

    @Test
    void tilesAreBlendedFromWeightedMaps() {
        TileGrid grid = TileGrid.of(new ImageSize(24, 16), 16, 16, new Tiling(8, 1));
        List<List<AnomalyMap.Level>> tiles = List.of(List.of(FINE, COARSE), List.of(COARSE, FINE));
        AnomalyMap map = new LevelScores(List.of(2, 3), tiles, grid, 16, 16)
                .map(new Scoring(List.of(2, 3), List.of(1.0, 0.5), 0));
        double[] sum = new double[24 * 16];
        for (int tile = 0; tile < 2; tile++) {
            float[] own = AnomalyMap.of(tiles.get(tile), new double[] {1, 0.5}, 0, 16, 16)
                    .values();
            grid.add(
                    tile,
                    java.util.stream.IntStream.range(0, own.length)
                            .mapToDouble(i -> own[i])
                            .toArray(),
                    sum);
        }
        for (int i = 0; i < sum.length; i++) {
            assertEquals(sum[i], map.values()[i], 1e-5);
        }
    }
}
