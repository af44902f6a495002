package org.rlr.model.backbone;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.rlr.model.config.FeatureLevel;
import org.rlr.model.config.Normalization;
import org.rlr.tensor.RlrException;
import org.rlr.tensor.backend.Backend;

/** Architectures without golden files have their published sizes. */
class BackbonesTest {
    private static final int CLASSES = 1000;

    /** Millions of parameters in timm's table of results, with the classifier of 1000 classes. */
    @ParameterizedTest
    @CsvSource({
        "efficientnet_b0, 5.29, 1280",
        "efficientnet_b1, 7.79, 1280",
        "efficientnet_b2, 9.11, 1408",
        "efficientnet_b3, 12.23, 1536",
        "efficientnet_b4, 19.34, 1792",
        "efficientnet_b5, 30.39, 2048",
        "efficientnet_b6, 43.04, 2304",
        "tf_efficientnet_b7, 66.35, 2560",
        "tf_efficientnet_lite0, 4.65, 1280",
        "tf_efficientnet_lite1, 5.42, 1280",
        "tf_efficientnet_lite2, 6.09, 1280",
        "tf_efficientnet_lite3, 8.20, 1280",
        "efficientnet_lite4, 13.01, 1280"
    })
    void anEfficientNetHasItsPublishedSize(String name, double millions, int head) {
        BackboneInfo info = Backbones.info(name);
        long all = info.parameters() + (long) info.level(4).channels() * head + 2L * head + (long) (head + 1) * CLASSES;
        assertEquals(millions, all / 1e6, 0.00501);
    }

    @ParameterizedTest
    @CsvSource({
        "resnet18, 11689512, 512",
        "resnet34, 21797672, 512",
        "resnet50, 25557032, 2048",
        "resnet101, 44549160, 2048",
        "wide_resnet50_2, 68883240, 2048"
    })
    void aResNetHasItsPublishedSize(String name, long parameters, int last) {
        BackboneInfo info = Backbones.info(name);
        assertEquals(parameters, info.parameters() + (long) (last + 1) * CLASSES);
        assertEquals(last, info.level(4).channels());
    }

    /** Parameters in timm without a classifier, with the final normalisation. */
    @ParameterizedTest
    @CsvSource({
        "vit_small_patch14_dinov2, 22056192, 384, 12",
        "vit_small_patch14_reg4_dinov2, 22057344, 384, 12",
        "vit_base_patch14_dinov2, 86579712, 768, 12",
        "vit_base_patch14_reg4_dinov2, 86582016, 768, 12",
        "vit_large_patch14_dinov2, 304367616, 1024, 24",
        "vit_large_patch14_reg4_dinov2, 304370688, 1024, 24"
    })
    void aVisionTransformerHasItsPublishedSize(String name, long parameters, int width, int blocks) {
        BackboneInfo info = Backbones.info(name);
        assertEquals(parameters, info.parameters() + 2L * width);
        assertEquals(
                IntStream.range(0, blocks)
                        .mapToObj(block -> new FeatureLevel(block, width, 14))
                        .toList(),
                info.levels());
        assertEquals(
                blocks == 12 ? List.of(5, 9) : List.of(10, 18), info.settings().levels());
        assertEquals(392, info.settings().imageHeight());
        assertEquals(Normalization.IMAGENET, info.normalization());
    }

    @ParameterizedTest
    @CsvSource({
        "tf_efficientnet_b6, '32 40 72 200 576'",
        "wide_resnet50_2, '64 256 512 1024 2048'",
        "resnet18, '64 64 128 256 512'",
        "tf_efficientnet_lite0, '16 24 40 112 320'",
        "tf_efficientnet_lite4, '24 32 56 160 448'"
    })
    void channelsOfTheLevels(String name, String channels) {
        assertEquals(
                List.of(channels.split(" ")),
                Backbones.info(name).levels().stream()
                        .map(level -> "" + level.channels())
                        .toList());
    }

    @Test
    void everyNameIsThere() {
        List<String> names = Backbones.names();
        for (int i = 0; i <= 7; i++) {
            assertTrue(names.contains("efficientnet_b" + i) && names.contains("tf_efficientnet_b" + i), "b" + i);
        }
        for (int i = 0; i <= 4; i++) {
            assertTrue(
                    names.contains("efficientnet_lite" + i) && names.contains("tf_efficientnet_lite" + i), "lite" + i);
        }
        assertTrue(names.containsAll(List.of("resnet18", "resnet34", "resnet50", "resnet101", "wide_resnet50_2")));
    }

    @Test
    void levelsHaveTheirStrides() {
        for (String name : List.of("scattering", "tf_efficientnet_b6", "wide_resnet50_2")) {
            assertEquals(
                    List.of(2, 4, 8, 16, 32),
                    Backbones.info(name).levels().stream()
                            .map(FeatureLevel::stride)
                            .toList(),
                    name);
        }
    }

    @Test
    void theBuiltInOnesComeInTheirOrderAndOthersBesideThem() {
        List<String> names = new ArrayList<>(Backbones.names());
        assertTrue(names.contains("patches"), names.toString());
        names.retainAll(
                List.of("resnet18", "tf_efficientnet_b0", "efficientnet_lite4", "efficientnet_b0", "scattering"));
        assertEquals(
                List.of("scattering", "efficientnet_b0", "efficientnet_lite4", "tf_efficientnet_b0", "resnet18"),
                names);
    }

    private record Described(BackboneInfo info) implements BackboneProvider {
        @Override
        public List<String> names() {
            return List.of("own");
        }

        @Override
        public BackboneInfo info(String name) {
            return info == null
                    ? BackboneInfo.builder(name, List.of(new FeatureLevel(0, 8, 7)))
                            .build()
                    : info;
        }

        @Override
        public Map<String, int[]> weightShapes(String name, List<Integer> levels) {
            throw new AssertionError("must not be called");
        }

        @Override
        public Backbone create(String name, Backend backend, List<Integer> levels, StateDict weights, String origin) {
            throw new AssertionError("must not be called");
        }
    }

    @Test
    void anInvalidDescriptionNamesItsProvider() {
        for (BackboneProvider wrong : List.of(new Described(null), new Described(Backbones.info("resnet18")))) {
            String message = assertThrows(RlrException.class, () -> Backbones.described(wrong, "own"))
                    .explanation();
            assertTrue(
                    message.contains("'own' of " + Described.class.getName()) && message.contains("class path"),
                    message);
        }
        List<FeatureLevel> levels = List.of(new FeatureLevel(0, 8, 7), new FeatureLevel(3, 8, 7));
        BackboneInfo own = BackboneInfo.builder("own", levels)
                .defaults(List.of(3), 280)
                .beside("head\\..*")
                .build();
        assertEquals(own, Backbones.described(new Described(own), "own"));
        assertEquals(List.of(3), own.settings().levels());
        assertEquals(280, own.settings().imageHeight());
        assertThrows(
                IllegalArgumentException.class,
                () -> BackboneInfo.builder("own", List.of(levels.get(1), levels.get(0)))
                        .defaults(List.of(3), 280)
                        .build());
        assertThrows(
                RlrException.class,
                () -> BackboneInfo.builder("own", levels)
                        .defaults(List.of(3), 256)
                        .build());
    }

    @Test
    void normalizationFollowsThePublishedWeights() {
        assertEquals(Normalization.HALF, Backbones.info("tf_efficientnet_lite0").normalization());
        assertEquals(
                Normalization.IMAGENET, Backbones.info("tf_efficientnet_b6").normalization());
        assertEquals(Normalization.IMAGENET, Backbones.info("wide_resnet50_2").normalization());
    }

    @Test
    void anUnknownNameSuggestsSimilarOnes() {
        RlrException e = assertThrows(RlrException.class, () -> Backbones.info("tf_efficientnet_light0"));
        assertTrue(
                e.getMessage()
                        .contains("unknown backbone 'tf_efficientnet_light0', did you mean 'tf_efficientnet_lite0'"),
                e.getMessage());
    }

    @Test
    void missingWeightsAreReported() {
        RlrException e =
                assertThrows(RlrException.class, () -> Backbones.create("resnet18", null, List.of(1), null, null));
        assertTrue(
                e.getMessage().contains("'resnet18' needs weights")
                        && e.remedy().contains("`weights`"),
                e.explanation());
    }
}
