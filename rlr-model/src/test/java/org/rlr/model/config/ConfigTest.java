package org.rlr.model.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.rlr.tensor.RlrException;
import org.rlr.tensor.backend.Locality;

/** {@link RlrConfig} and {@link LevelConfig}. */
class ConfigTest {
    /**
     * The table of RLR §6; otherwise the odd number nearest to a fifth of the shorter axis (on a tie the larger), at
     * least 3.
     */
    @ParameterizedTest
    @CsvSource({
        "16,16,5",
        "32,32,7",
        "64,64,11",
        "1,1,3",
        "4,4,3",
        "8,8,3",
        "14,14,3",
        "19,19,3",
        "20,20,5",
        "28,28,5",
        "30,30,7",
        "40,40,9",
        "50,50,11",
        "56,56,11",
        "128,128,25",
        "16,20,3",
        "20,16,3",
        "32,40,7",
        "64,100,13",
        "10,64,3"
    })
    void theWindowFollowsTheGrid(int height, int width, int windowSize) {
        assertEquals(windowSize, LevelConfig.defaultWindowSize(height, width));
    }

    /** By search over all odd numbers, ties to the larger. */
    @Test
    void outsideTheTableTheWindowIsTheNearestOddNumberToAFifth() {
        for (int shorter = 1; shorter < 400; shorter++) {
            int best = 1;
            for (int odd = 3; odd < 100; odd += 2) {
                if (Math.abs(5 * odd - shorter) <= Math.abs(5 * best - shorter)) {
                    best = odd;
                }
            }
            assertEquals(
                    Math.max(3, best), LevelConfig.defaultWindowSize(shorter, shorter + 1), "shorter side " + shorter);
        }
    }

    /** Levels of strides 2 to 32. */
    private static final List<FeatureLevel> PYRAMID = IntStream.range(0, 5)
            .mapToObj(level -> new FeatureLevel(level, 10 + level, 2 << level))
            .toList();

    private static RlrConfig config(
            int height,
            int width,
            List<Integer> levels,
            int modelWidth,
            int heads,
            int layers,
            List<String> blocks,
            int refLen,
            boolean referenceLoss) {
        return RlrConfig.builder("scattering")
                .imageSize(height, width)
                .levels(levels)
                .width(modelWidth)
                .heads(heads)
                .layers(layers)
                .blocks(blocks)
                .refLen(refLen)
                .referenceLoss(referenceLoss)
                .build();
    }

    private static RlrConfig config(List<Integer> levels, List<String> blocks) {
        return config(256, 256, levels, 128, 8, 4, blocks, 1, false);
    }

    @Test
    void levelsComeInOrderAndOnceAndBlocksOnce() {
        RlrConfig config = config(List.of(3, 1, 3), List.of("mca", "sa", "mca"));
        assertEquals(List.of(1, 3), config.levels());
        assertEquals(List.of("mca", "sa"), config.blocks());
    }

    /** The width doubles with the stride; level 0 has half of it. */
    @Test
    void everyLevelHasItsGridAndWidth() {
        RlrConfig config = config(256, 192, List.of(0, 1, 2, 3), 128, 8, 4, List.of("mca", "nsa"), 1, false);
        List<LevelConfig> shapes = config.shapes(PYRAMID);
        int[] widths = {64, 128, 256, 512};
        for (int level = 0; level < 4; level++) {
            LevelConfig c = shapes.get(level);
            assertEquals(c, config.level(PYRAMID.get(level)));
            assertEquals(256 >> level + 1, c.gridHeight());
            assertEquals(192 >> level + 1, c.gridWidth());
            assertEquals(widths[level], c.modelWidth());
            assertEquals(10 + level, c.channels());
            assertEquals(LevelConfig.defaultWindowSize(c.gridHeight(), c.gridWidth()), c.windowSize());
        }
    }

    private static RlrConfig windows(Map<Integer, Integer> windows) {
        return RlrConfig.builder("scattering")
                .imageSize(256, 128)
                .levels(List.of(3, 2))
                .width(128)
                .windows(windows)
                .build();
    }

    @Test
    void windowSizesAreConfiguredOrDerivedFromTheGrid() {
        RlrConfig config = windows(Map.of(2, 9));
        assertEquals("2=9", config.windowText());
        List<LevelConfig> shapes = config.shapes(PYRAMID);
        assertEquals(9, shapes.get(0).windowSize());
        assertEquals(4, shapes.get(0).pattern(Locality.INSIDE).radius());
        assertEquals(LevelConfig.defaultWindowSize(16, 8), shapes.get(1).windowSize());
        assertEquals(
                config,
                config.toBuilder().standardize(true).build().toBuilder()
                        .standardize(false)
                        .build());
        assertEquals("2=1,3=11", windows(Map.of(3, 11, 2, 1)).windowText());
        assertEquals(windows(null), windows(Map.of()));
        assertEquals("", windows(null).windowText());
        refused(() -> windows(Map.of(2, 4)), "`windows` 2=4", "odd");
        refused(() -> windows(Map.of(2, -1)), "`windows` 2=-1", "odd");
        refused(() -> windows(Map.of(1, 5)), "`windows` 1=5", "[2, 3]");
    }

    @Test
    void thePublishedSettingsAreAccepted() {
        RlrConfig config = RlrConfig.published("tf_efficientnet_b6");
        assertEquals(List.of(2, 3), config.levels());
        assertEquals(128, config.width());
    }

    /** The model width at stride 4 doubles {@code round(log2 stride) − 2} times. */
    @ParameterizedTest
    @CsvSource({"1,-2", "2,-1", "3,0", "4,0", "5,0", "6,1", "7,1", "8,1", "11,1", "12,2", "14,2", "16,2", "32,3"})
    void theWidthFollowsTheStride(int stride, int doublings) {
        assertEquals(doublings, new FeatureLevel(0, 1, stride).widthDoublings());
        LevelConfig c = RlrConfig.builder("vit")
                .levels(List.of(0))
                .imageSize(4 * stride, 12 * stride)
                .build()
                .level(new FeatureLevel(0, 384, stride));
        assertEquals(128 * Math.pow(2, doublings), c.modelWidth());
        assertEquals(List.of(4, 12), List.of(c.gridHeight(), c.gridWidth()));
    }

    private static void refused(int height, int width, List<FeatureLevel> levels, String... mentions) {
        RlrConfig config = RlrConfig.builder("vit")
                .imageSize(height, width)
                .levels(levels.stream().map(FeatureLevel::level).toList())
                .build();
        refused(() -> config.requireFits(levels), mentions);
        refused(() -> config.shapes(levels), mentions);
    }

    @Test
    void anImageSizeThatDoesNotFitSuggestsTheNearest() {
        refused(250, 250, PYRAMID.subList(2, 4), "image size 250 is not a multiple of the stride 16; use 240 or 256");
        refused(256, 250, PYRAMID.subList(2, 4), "image width 250 is not a multiple of the stride 16; use 240 or 256");
        refused(250, 256, PYRAMID.subList(2, 4), "image height 250 is not a multiple of the stride 16");
        refused(
                48,
                48,
                PYRAMID.subList(2, 4),
                "size 48 is less than 4 times the stride 16; use 64 or more, in steps of 16");
        refused(
                50,
                50,
                PYRAMID.subList(2, 4),
                "size 50 is not a multiple of the stride 16; use 64 or more, in steps of 16");
        refused(8191, 8191, PYRAMID, "size 8191 is not a multiple of the stride 32; use 8160 or 8192");
        List<FeatureLevel> patches = List.of(new FeatureLevel(5, 384, 14));
        refused(256, 256, patches, "image size 256 is not a multiple of the stride 14; use 252 or 266");
        refused(8192, 8192, patches, "use 8190");
        List<FeatureLevel> mixed = List.of(new FeatureLevel(5, 384, 14), new FeatureLevel(6, 384, 16));
        refused(256, 256, mixed, "not a multiple of 112, as the strides 14, 16 need; use 224 or 336");
        refused(256, 256, List.of(new FeatureLevel(0, 1, 4096)), "choose other `levels`");
    }

    private static void refused(Runnable make, String... mentions) {
        String message = assertThrows(RlrException.class, make::run).explanation();
        for (String mention : mentions) {
            assertTrue(message.contains(mention), "'" + mention + "' is not in: " + message);
        }
    }

    private static void fitting(List<Integer> levels, int width, int heads) {
        config(256, 256, levels, width, heads, 4, List.of("mca"), 1, false).requireFits(PYRAMID);
    }

    @Test
    void invalidSettingsAreNamedWithARemedy() {
        List<String> blocks = List.of("mca", "nsa");
        List<Integer> levels = List.of(2, 3);
        refused(() -> config(List.of(), blocks), "[]", "`levels`");
        refused(() -> config(List.of(2, -1), blocks), "-1", "`levels`");
        refused(() -> config(List.of(2, 9), blocks).requireFits(PYRAMID), "no level 9", "0, 1, 2, 3, 4");
        refused(() -> config(levels, List.of()), "no attention block", "`blocks`");
        refused(() -> config(256, 16384, levels, 128, 8, 4, blocks, 1, false), "`imageSize` is 16384", "8192");
        refused(() -> config(0, 256, levels, 128, 8, 4, blocks, 1, false), "`imageSize` is 0", "8192");
        refused(() -> config(256, 256, levels, 1 << 15, 8, 4, blocks, 1, false), "`width` is 32768", "16384");
        refused(() -> fitting(levels, 130, 8), "`width` is 130", "multiple of 4");
        refused(() -> fitting(levels, 132, 8), "`width` is 132", "`heads` (8)");
        refused(() -> fitting(List.of(0), 12, 2), "`width` is 12", "multiple of 8", "2 times `heads` (2)");
        refused(() -> config(256, 256, levels, 128, 0, 4, blocks, 1, false), "`heads` is 0");
        refused(() -> config(256, 256, levels, 128, 8, 0, blocks, 1, false), "`layers` is 0");
        refused(() -> config(256, 256, levels, 128, 8, 4, blocks, 0, false), "`refLen` is 0");
        refused(() -> config(256, 256, levels, 128, 8, 4, List.of("nsa"), 2, false), "nsa", "mca", "`refLen` 1");
        refused(() -> config(256, 256, levels, 128, 8, 4, blocks, 1, true), "`referenceLoss`", "`refLen` 2");
        for (double least : new double[] {-0.1, 100.5, Double.NaN, Double.POSITIVE_INFINITY}) {
            RlrConfig.Builder config = RlrConfig.builder("scattering").leastDeviation(least);
            refused(config::build, "`leastDeviation` is " + least, "between 0 and 100");
        }
        LevelConfig.Builder level = LevelConfig.builder(8, 4, 4, 16).blocks(List.of("nsa"));
        refused(() -> level.refLen(2).build(), "nsa", "mca", "`refLen` 1");
        refused(() -> level.refLen(1).heads(3).build(), "16", "3 heads", "`width`");
        assertThrows(
                IllegalArgumentException.class, () -> level.heads(2).layers(0).build());
    }
}
