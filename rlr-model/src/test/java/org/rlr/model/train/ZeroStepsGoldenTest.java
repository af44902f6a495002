package org.rlr.model.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.Gson;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.rlr.model.KernelSets;
import org.rlr.model.backbone.StateDict;
import org.rlr.model.config.LevelConfig;
import org.rlr.model.config.OptimizerMode;
import org.rlr.model.config.TrainingSettings;
import org.rlr.model.transformer.RlrTransformer;
import org.rlr.tensor.RlrException;
import org.rlr.tensor.Tensor;
import org.rlr.tensor.TensorScope;
import org.rlr.tensor.backend.AdamSettings;
import org.rlr.tensor.backend.Backend;
import org.rlr.tensor.golden.GoldenFiles;
import org.rlr.tensor.io.SafeTensorsFile;

/**
 * Two levels in one Adam that is stepped once per level, with PyTorch's gradients of zero (RLR §8), compared with
 * PyTorch's numbers.
 */
class ZeroStepsGoldenTest {
    private static final double TOLERANCE = 1e-5;

    private static int[] ints(String json) {
        return new Gson().fromJson(json, int[].class);
    }

    /** Space for the losses of every batch and level. */
    private static double[][] losses() {
        try (SafeTensorsFile golden = GoldenFiles.open("rlr-zero-steps")) {
            return new double[(int) golden.entry("losses").shape()[0]][2];
        }
    }

    /** Losses before each step, {@code [batch][level]}, and each level's output after all steps, in a mode. */
    @SuppressWarnings("try") // scopes only have to be open
    private static void train(String kernels, OptimizerMode mode, double[][] losses, List<float[]> outputs) {
        try (SafeTensorsFile golden = GoldenFiles.open("rlr-zero-steps");
                Backend backend = KernelSets.open(kernels)) {
            Map<String, String> m = golden.metadata();
            List<RlrTransformer> levels = new ArrayList<>();
            List<Tensor> inputs = new ArrayList<>();
            try (TensorScope outer = TensorScope.open(backend)) {
                for (int i = 0; i < 2; i++) {
                    int grid = ints(m.get("grids"))[i];
                    LevelConfig config = LevelConfig.builder(ints(m.get("c"))[i], grid, grid, ints(m.get("d"))[i])
                            .heads(ints(m.get("heads"))[i])
                            .layers(Integer.parseInt(m.get("layers")))
                            .windowSize(LevelConfig.defaultWindowSize(grid, grid))
                            .build();
                    RlrTransformer level = new RlrTransformer(config, backend, true);
                    levels.add(level);
                    level.parameters().load(StateDict.of(golden).under("level" + i + ".weight."), "golden");
                    int images = (int) golden.entry("level" + i + ".x").shape()[0];
                    inputs.add(
                            Tensor.of(golden.readFloats("level" + i + ".x"), images, grid * grid, config.channels()));
                }
                AdamSettings adam = AdamSettings.DEFAULT.withLearningRate(Float.parseFloat(m.get("lr")));
                try (LevelOptimizers optimizers = new LevelOptimizers(
                        levels.stream().map(RlrTransformer::parameters).toList(), adam, mode)) {
                    for (double[] batch : losses) {
                        for (int i = 0; i < 2; i++) {
                            optimizers.zeroGradients(i);
                            try (TensorScope scope = TensorScope.open(backend)) {
                                Tensor loss = levels.get(i).loss(levels.get(i).forward(inputs.get(i)), inputs.get(i));
                                loss.backward();
                                batch[i] = loss.item();
                            }
                            optimizers.step(i);
                        }
                    }
                    int batches = losses.length;
                    // the second level begins after the first's first step
                    assertEquals(
                            mode == OptimizerMode.ADAM ? batches : 2L * batches,
                            optimizers.of(0).steps());
                    assertEquals(
                            mode == OptimizerMode.ADAM ? batches : 2L * batches - 1,
                            optimizers.of(1).steps());
                }
                for (int i = 0; i < 2; i++) {
                    outputs.add(levels.get(i).forward(inputs.get(i)).toArray());
                }
                levels.forEach(RlrTransformer::close);
            }
            assertEquals(0, backend.memory().used(), "leaked");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"vector", "scalar"})
    void lossesAndOutputsArePyTorchs(String kernels) {
        double[][] losses = losses();
        List<float[]> outputs = new ArrayList<>();
        train(kernels, OptimizerMode.ZERO_STEPS, losses, outputs);
        try (SafeTensorsFile golden = GoldenFiles.open("rlr-zero-steps")) {
            double[] expected = golden.readDoubles("losses");
            for (int i = 0; i < expected.length; i++) {
                assertEquals(expected[i], losses[i / 2][i % 2], TOLERANCE * expected[i], "loss " + i);
            }
            for (int i = 0; i < 2; i++) {
                double[] forward = golden.readDoubles("level" + i + ".forward");
                double largest = Arrays.stream(forward).map(Math::abs).max().orElseThrow();
                for (int j = 0; j < forward.length; j++) {
                    assertEquals(forward[j], outputs.get(i)[j], TOLERANCE * largest, "level " + i);
                }
            }
        }
    }

    /** The usual optimiser gives other numbers, so the test above covers the quirk. */
    @Test
    void theUsualOptimizerGivesOtherNumbers() {
        double[][] usual = losses();
        double[][] quirk = losses();
        train("scalar", OptimizerMode.ADAM, usual, new ArrayList<>());
        train("scalar", OptimizerMode.ZERO_STEPS, quirk, new ArrayList<>());
        int last = usual.length - 1;
        assertEquals(usual[0][0], quirk[0][0]);
        assertTrue(Math.abs(usual[last][1] - quirk[last][1]) > 100 * TOLERANCE * usual[last][1]);
    }

    @Test
    void modesHaveNames() {
        assertEquals(OptimizerMode.ZERO_STEPS, OptimizerMode.of("zero-steps"));
        assertEquals("zero-steps", OptimizerMode.ZERO_STEPS.toString());
        assertTrue(assertThrows(RlrException.class, () -> OptimizerMode.of("sgd"))
                .explanation()
                .contains("zero-steps"));
        TrainingSettings old = new Gson()
                .fromJson(
                        "{\"epochs\":1,\"batchSize\":1,\"learningRate\":1,\"seed\":1,\"featureJitter\":0,\"noiseProb\":1,\"maskTokens\":false}",
                        TrainingSettings.class);
        assertEquals(OptimizerMode.ADAM, old.optimizer());
    }
}
