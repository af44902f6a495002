package org.rlr.model.backbone;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rlr.model.KernelSets;
import org.rlr.tensor.RlrException;
import org.rlr.tensor.Tensor;
import org.rlr.tensor.TensorScope;
import org.rlr.tensor.backend.Backend;
import org.rlr.tensor.golden.HashedTensors;
import org.rlr.tensor.io.SafeTensorsFile;
import org.rlr.tensor.io.SafeTensorsWriter;

/** Accepted and refused weights of a backbone, and the messages. */
class BackboneWeightsTest {
    private Backend backend;

    @BeforeEach
    void open() {
        backend = KernelSets.open("scalar");
    }

    @AfterEach
    void close() {
        assertEquals(0, backend.memory().used());
        backend.close();
    }

    @Test
    void aFileMayEndAtTheRequestedLevelAndHoldOtherTensors() {
        Map<String, StateDict.Weight> weights = weights("resnet18", 1);
        weights.put("bn1.num_batches_tracked", weight("n", 1));
        weights.put("fc.weight", weight("fc", 1000, 512));
        weights.put("layer4.1.bn2.bias", weight("b", 512));
        try (Backbone b = create("resnet18", weights, 1)) {
            assertEquals(
                    List.copyOf(weights("resnet18", 1).keySet()),
                    List.copyOf(b.weights().names()));
            assertArrayEquals(new int[] {64, 3, 7, 7}, b.weights().shape("conv1.weight"));
        }
        Map<String, StateDict.Weight> efficient = weights("tf_efficientnet_lite0", 0);
        efficient.put("conv_head.weight", weight("h", 1280, 320, 1, 1));
        efficient.put("bn2.running_var", weight("h", 1280));
        efficient.put("classifier.bias", weight("h", 1000));
        create("tf_efficientnet_lite0", efficient, 0).close();
    }

    @Test
    void loadedWeightsCanBeSavedAndLoadedAgain(@TempDir Path folder) {
        Path file = folder.resolve("model.safetensors");
        float[] before;
        try (Backbone b = create("tf_efficientnet_b0", weights("tf_efficientnet_b0", 1), 1)) {
            before = features(b);
            SafeTensorsWriter writer = new SafeTensorsWriter();
            StateDict kept = b.weights();
            kept.names()
                    .forEach(name -> writer.add(
                            "backbone." + name,
                            Arrays.stream(kept.shape(name)).asLongStream().toArray(),
                            kept.values(name)));
            writer.add("level1.weight", new long[] {1}, new float[] {1});
            writer.write(file);
        }
        try (SafeTensorsFile saved = SafeTensorsFile.open(file);
                Backbone b = Backbones.create(
                        "tf_efficientnet_b0",
                        backend,
                        List.of(1),
                        StateDict.of(saved).under("backbone."),
                        file.toString())) {
            assertArrayEquals(before, features(b));
        }
    }

    @Test
    void anotherArchitectureIsRefusedAndNamed() {
        Map<String, StateDict.Weight> weights = weights("tf_efficientnet_b0", 4);
        String message = refusal("tf_efficientnet_lite0", weights, 3);
        assertTrue(
                message.startsWith("file.safetensors does not hold the weights of 'tf_efficientnet_lite0'"), message);
        assertTrue(message.contains("another architecture"), message);
        assertTrue(message.contains("blocks.0.0.se.conv_reduce.weight does not belong to it"), message);
        assertTrue(message.contains(" more; it fits the backbone efficientnet_b0 or tf_efficientnet_b0"), message);

        message = refusal("resnet50", weights("resnet18", 4), 3);
        assertTrue(
                message.contains("layer1.0.conv1.weight has shape [64, 64, 3, 3] instead of [64, 64, 1, 1]"), message);
        assertTrue(message.contains("layer1.0.conv3.weight is missing"), message);
        assertTrue(message.contains("it fits the backbone resnet18"), message);
    }

    @Test
    void aFileThatFitsNoBackboneNamesTheMissingTensors() {
        String message = refusal("resnet18", new LinkedHashMap<>(Map.of("encoder.weight", weight("e", 2, 2))), 1);
        assertTrue(message.contains("conv1.weight is missing, encoder.weight does not belong to it"), message);
        assertTrue(message.endsWith("give a file of timm's weights for 'resnet18'"), message);
    }

    @Test
    void weightsThatAreNotNumbersAreRefused() {
        Map<String, StateDict.Weight> weights = weights("resnet18", 0);
        weights.get("bn1.running_var").values()[3] = -1;
        RlrException e = assertThrows(RlrException.class, () -> create("resnet18", weights, 0));
        assertTrue(
                e.getMessage()
                        .contains("conv1.weight, bn1.weight, bn1.bias, bn1.running_mean, bn1.running_var give NaN"),
                e.getMessage());
    }

    @Test
    void aMissingLevelIsRefused() {
        RlrException e = assertThrows(RlrException.class, () -> create("resnet18", weights("resnet18", 4), 5));
        assertTrue(
                e.explanation().contains("'resnet18' has no level 5; choose `levels` from 0, 1, 2, 3, 4"),
                e.explanation());
        try (Backbone b = create("resnet18", weights("resnet18", 0), 0);
                TensorScope scope = TensorScope.inference(backend)) {
            Tensor image = Tensor.zeros(1, 8, 8, 3);
            assertThrows(IllegalArgumentException.class, () -> b.features(image, List.of(1)));
            assertThrows(IllegalArgumentException.class, () -> b.features(image, List.of()));
        }
    }

    @Test
    void imagesOfABatchAreIndependent() {
        float[] images = HashedTensors.uniform("input", 0, 3, 21, 30, 3);
        try (Backbone b = create("tf_efficientnet_b0", weights("tf_efficientnet_b0", 2), 2);
                TensorScope scope = TensorScope.inference(backend)) {
            List<Tensor> together = b.features(Tensor.of(images, 3, 21, 30, 3), List.of(0, 2));
            for (int i = 0; i < 3; i++) {
                float[] image = Arrays.copyOfRange(images, i * 21 * 30 * 3, (i + 1) * 21 * 30 * 3);
                List<Tensor> alone = b.features(Tensor.of(image, 1, 21, 30, 3), List.of(0, 2));
                for (int level = 0; level < 2; level++) {
                    assertArrayEquals(
                            alone.get(level).toArray(),
                            together.get(level).slice(0, i, 1).toArray(),
                            1e-4f);
                }
            }
        }
    }

    private float[] features(Backbone b) {
        try (TensorScope scope = TensorScope.inference(backend)) {
            return b.features(Tensor.of(HashedTensors.uniform("input", 0, 1, 32, 32, 3), 1, 32, 32, 3), List.of(1))
                    .get(0)
                    .toArray();
        }
    }

    private String refusal(String name, Map<String, StateDict.Weight> weights, int level) {
        return assertThrows(RlrException.class, () -> create(name, weights, level))
                .explanation();
    }

    private Backbone create(String name, Map<String, StateDict.Weight> weights, int level) {
        return Backbones.create(
                name, backend, new ArrayList<>(List.of(level)), StateDict.of(weights), "file.safetensors");
    }

    private static Map<String, StateDict.Weight> weights(String name, int level) {
        Map<String, StateDict.Weight> weights = new LinkedHashMap<>();
        Backbones.weightShapes(name, List.of(level)).forEach((n, shape) -> weights.put(n, weight(n, shape)));
        return weights;
    }

    private static StateDict.Weight weight(String name, int... shape) {
        return new StateDict.Weight(
                shape,
                HashedTensors.parameter(
                        name, 0, Arrays.stream(shape).asLongStream().toArray()));
    }
}
