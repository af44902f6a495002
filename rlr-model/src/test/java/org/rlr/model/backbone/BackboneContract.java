package org.rlr.model.backbone;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.rlr.model.config.FeatureLevel;
import org.rlr.tensor.Tensor;
import org.rlr.tensor.TensorScope;
import org.rlr.tensor.backend.Backend;
import org.rlr.tensor.backend.BackendSettings;
import org.rlr.tensor.backend.Backends;

/**
 * Requirements for every backbone: maps of the described shapes, bit-identical when repeated and for a single image,
 * the same maps with other levels, unchanged weights, no memory leaks. Weights are random.
 */
public abstract class BackboneContract {
    private static final int IMAGES = 2;

    private final Backend backend = Backends.open("cpu", BackendSettings.DEFAULTS.withThreads(2));

    /** {@return the name of a backbone on the class path} */
    protected abstract String name();

    @AfterEach
    void nothingLeaks() {
        assertEquals(0, backend.memory().used());
        backend.close();
    }

    private Map<String, StateDict.Weight> weights(List<Integer> levels) {
        Random random = new Random(3);
        Map<String, StateDict.Weight> weights = new LinkedHashMap<>();
        Backbones.weightShapes(name(), levels).forEach((name, shape) -> {
            int elements = Arrays.stream(shape).reduce(1, Math::multiplyExact);
            float[] values = new float[elements];
            for (int i = 0; i < elements; i++) {
                values[i] = name.endsWith("running_var")
                        ? 1
                        : (float) (random.nextGaussian() * Math.sqrt((double) shape[0] / elements));
            }
            weights.put(name, new StateDict.Weight(shape, values));
        });
        return weights;
    }

    private List<Integer> levels() {
        return Backbones.info(name()).levels().stream().map(FeatureLevel::level).toList();
    }

    private Backbone create(List<Integer> levels) {
        return Backbones.create(name(), backend, levels, StateDict.of(weights(levels)), "random");
    }

    private float[] pixels(int height, int width) {
        Random random = new Random(4);
        float[] pixels = new float[IMAGES * height * width * 3];
        for (int i = 0; i < pixels.length; i++) {
            pixels[i] = random.nextFloat();
        }
        return pixels;
    }

    private List<float[]> features(Backbone backbone, float[] pixels, int height, int width, List<Integer> levels) {
        int images = pixels.length / (height * width * 3);
        try (TensorScope scope = TensorScope.inference(backend)) {
            List<Tensor> maps = backbone.features(Tensor.of(pixels, images, height, width, 3), levels);
            assertEquals(levels.size(), maps.size());
            for (int i = 0; i < maps.size(); i++) {
                FeatureLevel level = backbone.info().level(levels.get(i));
                assertArrayEquals(
                        new int[] {images, height / level.stride(), width / level.stride(), level.channels()},
                        maps.get(i).shape().toArray(),
                        "level " + level);
            }
            return maps.stream().map(Tensor::toArray).toList();
        }
    }

    /** A height of four strides, a width of five. */
    @Test
    void everyLevelHasTheDescribedShapeAndImagesAreIndependent() {
        List<Integer> levels = levels();
        int step = Backbones.info(name()).levels().stream()
                .mapToInt(FeatureLevel::stride)
                .reduce(1, (a, b) -> a % b == 0 ? a : b % a == 0 ? b : a * b);
        int height = 4 * step;
        int width = 5 * step;
        float[] pixels = pixels(height, width);
        try (Backbone backbone = create(levels)) {
            List<float[]> together = features(backbone, pixels, height, width, levels);
            List<float[]> again = features(backbone, pixels, height, width, levels);
            for (int image = 0; image < IMAGES; image++) {
                int length = pixels.length / IMAGES;
                List<float[]> alone = features(
                        backbone,
                        Arrays.copyOfRange(pixels, image * length, (image + 1) * length),
                        height,
                        width,
                        levels);
                for (int i = 0; i < levels.size(); i++) {
                    assertArrayEquals(together.get(i), again.get(i));
                    int values = alone.get(i).length;
                    assertArrayEquals(
                            Arrays.copyOfRange(together.get(i), image * values, (image + 1) * values), alone.get(i));
                }
            }
            for (int i = 0; i < levels.size(); i++) {
                float[] map = together.get(i);
                assertTrue(
                        IntStream.range(1, map.length).anyMatch(at -> map[at] != map[0]),
                        "level " + levels.get(i) + " is constant");
                features(backbone, pixels, height, width, List.of(levels.get(i)));
            }
        }
    }

    @Test
    void aLevelNeedsNoWeightsOfDeeperOnesAndKeepsItsOwn() {
        List<Integer> first = levels().subList(0, 1);
        assertTrue(Backbones.weightShapes(name(), levels())
                .keySet()
                .containsAll(Backbones.weightShapes(name(), first).keySet()));
        Map<String, StateDict.Weight> weights = weights(first);
        try (Backbone backbone = Backbones.create(name(), backend, first, StateDict.of(weights), "random")) {
            StateDict kept = backbone.weights();
            assertEquals(List.copyOf(weights.keySet()), List.copyOf(kept.names()));
            weights.forEach((name, weight) -> {
                assertArrayEquals(weight.shape(), kept.shape(name));
                assertArrayEquals(weight.values(), kept.values(name));
            });
            assertEquals(Backbones.info(name()), backbone.info());
        }
    }
}
