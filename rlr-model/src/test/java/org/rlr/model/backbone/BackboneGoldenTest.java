package org.rlr.model.backbone;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.FieldSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.rlr.model.KernelSets;
import org.rlr.model.config.FeatureLevel;
import org.rlr.tensor.Tensor;
import org.rlr.tensor.TensorScope;
import org.rlr.tensor.backend.Backend;
import org.rlr.tensor.golden.GoldenFiles;
import org.rlr.tensor.golden.HashedTensors;
import org.rlr.tensor.io.SafeTensorsFile;

/** The features of timm's networks in double, compared to 1e-5 of a level's largest value, on every kernel set. */
class BackboneGoldenTest {
    private static final double TOLERANCE = 1e-5;
    private static final List<String> NAMES = List.of(
            "resnet18",
            "resnet50",
            "wide_resnet50_2",
            "efficientnet_b0",
            "tf_efficientnet_b0",
            "tf_efficientnet_b4",
            "tf_efficientnet_b6",
            "tf_efficientnet_lite0",
            "vit_small_patch14_dinov2",
            "vit_small_patch14_reg4_dinov2",
            "vit_base_patch14_dinov2");

    static Stream<Arguments> cases() {
        return KernelSets.NAMES.stream().flatMap(kernels -> NAMES.stream().map(name -> Arguments.of(name, kernels)));
    }

    @ParameterizedTest(name = "{0}, {1} kernels")
    @MethodSource("cases")
    void hashedWeights(String name, String kernels) {
        try (Backend backend = KernelSets.open(kernels)) {
            check(backend, name);
        }
    }

    /**
     * Compares one network's features on a backend: those of {@code level<i>} for a square input, or of
     * {@code <shape>.level<i>} for inputs whose height and width are in the metadata.
     */
    static void check(Backend backend, String name) {
        try (SafeTensorsFile golden = GoldenFiles.open("backbone-" + name)) {
            long seed = Long.parseLong(golden.metadata().get("seed"));
            Map<String, Map<Integer, float[]>> expected = new TreeMap<>();
            for (String n : golden.names()) {
                int at = n.indexOf("level");
                expected.computeIfAbsent(n.substring(0, at), prefix -> new TreeMap<>())
                        .put(Integer.parseInt(n.substring(at + "level".length())), golden.readFloats(n));
            }
            assertFalse(expected.isEmpty());
            List<Integer> levels =
                    List.copyOf(expected.values().iterator().next().keySet());
            Map<String, StateDict.Weight> weights = new LinkedHashMap<>();
            Backbones.weightShapes(name, levels)
                    .forEach((n, shape) -> weights.put(
                            n, new StateDict.Weight(shape, HashedTensors.parameter(n, seed, longs(shape)))));
            try (Backbone backbone = Backbones.create(name, backend, levels, StateDict.of(weights), "hashed")) {
                expected.forEach((prefix, maps) -> {
                    String size = golden.metadata().get(prefix.isEmpty() ? "input_size" : prefix.replace(".", ""));
                    String[] sides = prefix.isEmpty() ? new String[] {size, size} : size.split("x");
                    int height = Integer.parseInt(sides[0]);
                    int width = Integer.parseInt(sides[1]);
                    float[] input = HashedTensors.uniform("input", seed, 1, 3, height, width);
                    compare(backbone, backend, input, height, width, maps);
                });
            }
            assertEquals(0, backend.memory().used());
        }
    }

    @ParameterizedTest(name = "{0} kernels")
    @FieldSource("org.rlr.model.KernelSets#NAMES")
    void realWeightsOnARealImage(String kernels) {
        Path shared = Path.of(System.getProperty("rlr.shared", "../../shared"));
        Path file = shared.resolve("weights/tf_efficientnet_lite0.safetensors");
        Path features = shared.resolve("golden/tf_efficientnet_lite0_features.safetensors");
        assumeTrue(
                Files.isRegularFile(file) && Files.isRegularFile(features),
                file + " and " + features + " are absent (-Drlr.shared)");
        try (SafeTensorsFile weights = SafeTensorsFile.open(file);
                SafeTensorsFile golden = SafeTensorsFile.open(features);
                Backend backend = KernelSets.open(kernels);
                Backbone backbone = Backbones.create(
                        "tf_efficientnet_lite0", backend, List.of(2, 3), StateDict.of(weights), file.toString())) {
            compare(
                    backbone,
                    backend,
                    golden.readFloats("input"),
                    256,
                    256,
                    new TreeMap<>(Map.of(2, golden.readFloats("stride8"), 3, golden.readFloats("stride16"))));
        }
    }

    private static void compare(
            Backbone backbone, Backend backend, float[] input, int height, int width, Map<Integer, float[]> expected) {
        List<Integer> levels = List.copyOf(expected.keySet());
        try (TensorScope scope = TensorScope.inference(backend)) {
            List<Tensor> maps = backbone.features(Tensor.of(channelsLast(input, 3), 1, height, width, 3), levels);
            assertEquals(levels.size(), maps.size());
            for (int i = 0; i < levels.size(); i++) {
                Tensor map = maps.get(i);
                int level = levels.get(i);
                FeatureLevel described = backbone.info().level(level);
                assertEquals(
                        List.of(1, height / described.stride(), width / described.stride(), described.channels()),
                        List.of(map.dim(0), map.dim(1), map.dim(2), map.dim(3)));
                double error = GoldenFiles.error(channelsLast(expected.get(level), map.dim(3)), map.toArray());
                assertTrue(error <= TOLERANCE, "level " + level + ": " + error + " of the largest value");
            }
        }
    }

    /** {@code [1, C, H, W]} as {@code [1, H, W, C]}. */
    private static float[] channelsLast(float[] values, int channels) {
        int positions = values.length / channels;
        float[] result = new float[values.length];
        for (int c = 0; c < channels; c++) {
            for (int p = 0; p < positions; p++) {
                result[p * channels + c] = values[c * positions + p];
            }
        }
        return result;
    }

    private static long[] longs(int[] shape) {
        return Arrays.stream(shape).asLongStream().toArray();
    }
}
