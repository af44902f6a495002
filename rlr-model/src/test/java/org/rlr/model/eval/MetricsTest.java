package org.rlr.model.eval;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import java.util.OptionalDouble;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.rlr.model.data.Regions;
import org.rlr.tensor.RlrException;
import org.rlr.tensor.golden.GoldenFiles;
import org.rlr.tensor.io.SafeTensorsFile;

class MetricsTest {
    /** The drawn curve uses points of the full curve, has its ends, and misses no visible step. */
    @Test
    void theCurveForDrawingIsThinnedButNotMoved() {
        java.util.SplittableRandom random = new java.util.SplittableRandom(3);
        double[] scores = random.doubles(5000).toArray();
        boolean[] anomalous = new boolean[scores.length];
        for (int i = 0; i < scores.length; i++) {
            anomalous[i] = random.nextDouble() < scores[i];
        }
        ScoreRanking ranking = ScoreRanking.of(scores, anomalous);
        var whole = ranking.curve(0);
        var thinned = ranking.curve(0.01);
        assertEquals(5000, whole.size());
        assertTrue(thinned.size() < 1000 && whole.containsAll(thinned), thinned.size() + " points");
        assertEquals(whole.get(0), thinned.get(0));
        assertEquals(
                new ScoreRanking.CurvePoint(1, 1, ranking.anomalousCount() / 5000.0), thinned.get(thinned.size() - 1));
        double area = 0;
        double rate = 0;
        double recall = 0;
        for (var point : thinned) {
            area += (point.falsePositiveRate() - rate) * (point.recall() + recall) / 2;
            rate = point.falsePositiveRate();
            recall = point.recall();
        }
        assertEquals(ranking.auroc().getAsDouble(), area, 1e-3);
        assertTrue(
                ScoreRanking.of(new double[] {1, 2}, new boolean[2]).curve(0.1).isEmpty());
    }

    private static final double GOLDEN_TOLERANCE = 1e-9;
    private static final double ORACLE_TOLERANCE = 1e-12;

    @ParameterizedTest
    @ValueSource(strings = {"metrics-continuous", "metrics-ties"})
    void goldenMetricsHoldInDoubleAndInSinglePrecision(String caseName) {
        try (SafeTensorsFile golden = GoldenFiles.open(caseName)) {
            long[] shape = golden.entry("maps").shape();
            int height = (int) shape[1];
            int width = (int) shape[2];
            double[] maps = golden.readDoubles("maps");
            long[] masks = golden.readLongs("masks");
            boolean[] imageLabels = new boolean[(int) shape[0]];
            PixelScores doubles = new PixelScores();
            PixelScores floats = new PixelScores();
            for (int image = 0; image < imageLabels.length; image++) {
                boolean[] mask = new boolean[height * width];
                float[] map = new float[mask.length];
                for (int i = 0; i < mask.length; i++) {
                    mask[i] = masks[image * mask.length + i] != 0;
                    imageLabels[image] |= mask[i];
                    map[i] = (float) maps[image * mask.length + i];
                }
                doubles.add(
                        Arrays.copyOfRange(maps, image * mask.length, (image + 1) * mask.length), mask, height, width);
                floats.add(map, mask, height, width);
            }
            for (PixelScores pixels : List.of(doubles, floats)) {
                assertGolden(golden, "pixel_auroc", pixels.ranking().auroc().getAsDouble());
                assertGolden(
                        golden, "pixel_ap", pixels.ranking().averagePrecision().getAsDouble());
                assertGolden(
                        golden,
                        "pixel_f1max",
                        pixels.ranking().bestF1().orElseThrow().value());
                assertGolden(golden, "aupro_30", pixels.aupro(0.3).getAsDouble());
                assertGolden(golden, "aupro_05", pixels.aupro(0.05).getAsDouble());
            }
            for (ScoreRanking images : List.of(
                    ScoreRanking.of(golden.readDoubles("image_scores"), imageLabels),
                    ScoreRanking.of(golden.readFloats("image_scores"), imageLabels))) {
                assertGolden(golden, "image_auroc", images.auroc().getAsDouble());
                assertGolden(golden, "image_ap", images.averagePrecision().getAsDouble());
                assertGolden(
                        golden, "image_f1max", images.bestF1().orElseThrow().value());
            }
        }
    }

    private static void assertGolden(SafeTensorsFile golden, String metric, double actual) {
        assertEquals(Double.parseDouble(golden.metadata().get(metric)), actual, GOLDEN_TOLERANCE, metric);
    }

    /** Returns scores from few values, with many ties within and across the labels and zeros of both signs. */
    private static double score(Random random, int values) {
        double score = (random.nextInt(values) - values / 2) / 8.0;
        return score == 0 && random.nextBoolean() ? -0.0 : score;
    }

    @Test
    void rankingMetricsAgreeWithTheirDefinitionsOnSmallInputsWithTies() {
        long seed = 77;
        Random random = new Random(seed);
        int defined = 0;
        for (int round = 0; round < 2000; round++) {
            int n = 1 + random.nextInt(14);
            int values = 1 + random.nextInt(12);
            double[] scores = new double[n];
            double[] positiveZeros = new double[n];
            boolean[] labels = new boolean[n];
            int anomalous = 0;
            for (int i = 0; i < n; i++) {
                scores[i] = score(random, values);
                positiveZeros[i] = scores[i] + 0.0;
                labels[i] = random.nextInt(3) == 0;
                anomalous += labels[i] ? 1 : 0;
            }
            ScoreRanking ranking = ScoreRanking.of(scores, labels);
            if (anomalous == 0 || anomalous == n) {
                assertFalse(ranking.isDefined());
                assertTrue(ranking.auroc().isEmpty()
                        && ranking.averagePrecision().isEmpty()
                        && ranking.bestF1().isEmpty());
                continue;
            }
            defined++;
            String where = "seed " + seed + ", round " + round;
            assertEquals(
                    NaiveMetrics.auroc(positiveZeros, labels), ranking.auroc().getAsDouble(), ORACLE_TOLERANCE, where);
            assertEquals(
                    NaiveMetrics.averagePrecision(positiveZeros, labels),
                    ranking.averagePrecision().getAsDouble(),
                    ORACLE_TOLERANCE,
                    where);
            double[] best = NaiveMetrics.bestF1(positiveZeros, labels);
            assertEquals(best[0], ranking.bestF1().orElseThrow().value(), ORACLE_TOLERANCE, where);
            assertEquals(best[1], ranking.bestF1().orElseThrow().threshold(), where);
        }
        assertTrue(defined > 1000);
    }

    @Test
    void overlapAreasAgreeWithTheirDefinitionsOnSmallMasksWithTies() {
        long seed = 78;
        Random random = new Random(seed);
        int defined = 0;
        int sampled = 0;
        for (int round = 0; round < 400; round++) {
            int height = 1 + random.nextInt(5);
            int width = 1 + random.nextInt(6);
            int images = 1 + random.nextInt(3);
            int values = 1 + random.nextInt(30);
            boolean[][] masks = new boolean[images][height * width];
            double[] pool = new double[images * height * width];
            boolean[] labels = new boolean[pool.length];
            PixelScores pixels = new PixelScores();
            int anomalous = 0;
            for (int image = 0; image < images; image++) {
                double[] map = new double[height * width];
                for (int i = 0; i < map.length; i++) {
                    map[i] = score(random, values);
                    masks[image][i] = image > 0 && random.nextInt(3) == 0;
                    anomalous += masks[image][i] ? 1 : 0;
                    pool[image * map.length + i] = map[i] + 0.0;
                    labels[image * map.length + i] = masks[image][i];
                }
                pixels.add(map, image == 0 ? null : masks[image], height, width);
                pixels.aupro(0.5); // may be asked at any time
            }
            List<List<Integer>> regions = NaiveMetrics.regions(masks, height, width);
            assertEquals(regions.size(), pixels.regionCount());
            for (double limit : new double[] {0.05, 0.3, 1}) {
                String where = "seed " + seed + ", round " + round + ", limit " + limit;
                OptionalDouble exact = pixels.aupro(limit);
                OptionalDouble evenly = pixels.auproSampled(limit, 20);
                if (anomalous == 0) {
                    assertTrue(exact.isEmpty() && evenly.isEmpty());
                    continue;
                }
                defined++;
                assertEquals(
                        NaiveMetrics.aupro(pool, labels, regions, limit), exact.getAsDouble(), ORACLE_TOLERANCE, where);
                double expected = NaiveMetrics.auproSampled(pool, labels, regions, limit, 20);
                assertEquals(Double.isNaN(expected), evenly.isEmpty(), where);
                if (evenly.isPresent()) {
                    sampled++;
                    assertEquals(expected, evenly.getAsDouble(), ORACLE_TOLERANCE, where);
                }
            }
        }
        assertTrue(defined > 500 && sampled > 300, defined + " and " + sampled);
    }

    @Test
    void aRegionThatTouchesItselfDiagonallyIsOne() {
        boolean[] mask = {
            true, false, false, true,
            false, true, true, false,
            false, false, false, false,
            true, true, false, true
        };
        Regions regions = Regions.of(mask, 4, 4);
        assertEquals(3, regions.areas().length);
        assertEquals(List.of(4, 2, 1), Arrays.stream(regions.areas()).boxed().toList());
        assertEquals(0, regions.labels()[3]);
        assertEquals(2, regions.labels()[15]);
        assertEquals(-1, regions.labels()[1]);
    }

    @Test
    void aPerfectRankingScoresOneAndAReversedOneIsNotFlipped() {
        boolean[] labels = {false, false, true, true};
        ScoreRanking perfect = ScoreRanking.of(new double[] {1, 2, 3, 4}, labels);
        assertEquals(1, perfect.auroc().getAsDouble());
        assertEquals(1, perfect.averagePrecision().getAsDouble());
        assertEquals(new ScoreRanking.BestF1(1, 3), perfect.bestF1().orElseThrow());
        assertEquals(
                0, ScoreRanking.of(new double[] {4, 3, 2, 1}, labels).auroc().getAsDouble());
    }

    @ParameterizedTest
    @ValueSource(doubles = {Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY})
    void aScoreThatIsNotFiniteIsAnErrorAndLeavesThePoolAsItWas(double bad) {
        String message = assertThrows(
                        RlrException.class, () -> ScoreRanking.of(new double[] {1, bad}, new boolean[] {true, false}))
                .getMessage();
        assertTrue(message.contains("score 1 is " + bad), message);
        PixelScores pixels = new PixelScores();
        pixels.add(new float[] {0, 1}, new boolean[] {false, true}, 1, 2);
        assertThrows(
                RlrException.class, () -> pixels.add(new float[] {0, (float) bad}, new boolean[] {true, true}, 1, 2));
        assertEquals(1, pixels.regionCount());
        assertEquals(1, pixels.ranking().normalCount());
        assertEquals(1, pixels.aupro(0.3).getAsDouble());
    }

    @Test
    void sizesThatDoNotFitAreRefused() {
        assertThrows(IllegalArgumentException.class, () -> ScoreRanking.of(new double[2], new boolean[3]));
        assertThrows(IllegalArgumentException.class, () -> new PixelScores().add(new float[6], null, 2, 2));
        assertThrows(IllegalArgumentException.class, () -> new PixelScores().add(new float[6], new boolean[5], 2, 3));
        assertThrows(IllegalArgumentException.class, () -> new PixelScores().aupro(0));
        assertThrows(IllegalArgumentException.class, () -> new PixelScores().aupro(Double.NaN));
    }
}
