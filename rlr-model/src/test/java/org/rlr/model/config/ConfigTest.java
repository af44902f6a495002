package org.rlr.model.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.rlr.model.backbone.Backbone;
import org.rlr.model.backbone.Backbones;
import org.rlr.tensor.RlrException;
import org.rlr.tensor.backend.Locality;

/** {@link RlrConfig} and {@link LevelConfig}. */
class ConfigTest {
    /**
     * The table of RLR §6, then the odd number nearest to a fifth of the shorter side, of two the larger, at least 3.
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
    void theWindowFollowsTheGrid(int height, int width, int side) {
        assertEquals(side, LevelConfig.defaultSide(height, width));
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
            assertEquals(Math.max(3, best), LevelConfig.defaultSide(shorter, shorter + 1), "shorter side " + shorter);
        }
    }

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
        try (Backbone backbone = Backbones.create("scattering", null, config.levels(), null, null)) {
            int[] widths = {64, 128, 256, 512};
            for (int level = 0; level < 4; level++) {
                LevelConfig c = config.level(level, backbone.channels(level));
                assertEquals(256 >> level + 1, c.height());
                assertEquals(192 >> level + 1, c.width());
                assertEquals(widths[level], c.modelWidth());
                assertEquals(backbone.channels(level), c.channels());
                assertEquals(LevelConfig.defaultSide(c.height(), c.width()), c.side());
            }
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
    void aWindowIsAsConfiguredElseByTheGrid() {
        RlrConfig config = windows(Map.of(2, 9));
        assertEquals("2=9", config.windowText());
        try (Backbone backbone = Backbones.create("scattering", null, config.levels(), null, null)) {
            assertEquals(9, config.level(2, backbone.channels(2)).side());
            assertEquals(
                    4,
                    config.level(2, backbone.channels(2))
                            .pattern(Locality.INSIDE)
                            .radius());
            assertEquals(
                    LevelConfig.defaultSide(16, 8),
                    config.level(3, backbone.channels(3)).side());
        }
        assertEquals(
                config,
                config.toBuilder().standardize(true).build().toBuilder()
                        .standardize(false)
                        .build());
        assertEquals("2=1,3=11", windows(Map.of(3, 11, 2, 1)).windowText());
        assertEquals(windows(null), windows(Map.of()));
        assertEquals("", windows(null).windowText());
        refused(() -> windows(Map.of(2, 4)), "--window 2=4", "odd");
        refused(() -> windows(Map.of(2, -1)), "--window 2=-1", "odd");
        refused(() -> windows(Map.of(1, 5)), "--window 1=5", "[2, 3]");
    }

    @Test
    void thePublishedSettingsAreAccepted() {
        RlrConfig config = RlrConfig.published("tf_efficientnet_b6");
        assertEquals(List.of(2, 3), config.levels());
        assertEquals(128, config.width());
    }

    private static void refused(Runnable make, String... mentions) {
        String message = assertThrows(RlrException.class, make::run).getMessage();
        for (String mention : mentions) {
            assertTrue(message.contains(mention), "'" + mention + "' is not in: " + message);
        }
    }

    @Test
    void whatDoesNotFitIsNamedWithTheRemedy() {
        List<String> blocks = List.of("mca", "nsa");
        List<Integer> levels = List.of(2, 3);
        refused(() -> config(List.of(), blocks), "[]", "--levels");
        refused(() -> config(List.of(2, -1), blocks), "-1", "--levels");
        refused(() -> config(levels, List.of()), "no attention block", "--blocks");
        refused(
                () -> config(48, 256, levels, 128, 8, 4, blocks, 1, false),
                "48",
                "level 3",
                "at least 64",
                "--image-size");
        refused(() -> config(256, 250, levels, 128, 8, 4, blocks, 1, false), "250", "multiple of 16", "--image-size");
        refused(() -> config(256, 16384, levels, 128, 8, 4, blocks, 1, false), "16384", "8192", "--image-size");
        refused(() -> config(256, 256, levels, 130, 8, 4, blocks, 1, false), "--width is 130", "multiple of 4");
        refused(() -> config(256, 256, levels, 132, 8, 4, blocks, 1, false), "--width is 132", "--heads (8)");
        refused(() -> config(256, 256, List.of(0), 12, 2, 4, blocks, 1, false), "--width is 12", "multiple of 8");
        refused(() -> config(256, 256, levels, 128, 0, 4, blocks, 1, false), "--heads is 0");
        refused(() -> config(256, 256, levels, 128, 8, 0, blocks, 1, false), "--layers is 0");
        refused(() -> config(256, 256, levels, 128, 8, 4, blocks, 0, false), "--ref-len is 0");
        refused(() -> config(256, 256, levels, 128, 8, 4, List.of("nsa"), 2, false), "nsa", "mca", "--ref-len 1");
        refused(() -> config(256, 256, levels, 128, 8, 4, blocks, 1, true), "--ref-loss", "--ref-len 2");
    }
}
