package org.rlr.model.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.rlr.cuda.standin.StandIn;
import org.rlr.model.config.GateMode;
import org.rlr.model.config.LevelConfig;
import org.rlr.model.config.TrainingSettings;
import org.rlr.model.transformer.RlrTransformer;
import org.rlr.tensor.backend.AdamSettings;
import org.rlr.tensor.backend.Backend;
import org.rlr.tensor.backend.BackendSettings;
import org.rlr.tensor.backend.Backends;

/**
 * Training steps captured and replayed by the CUDA backend on the stand-in driver, compared with the same steps
 * submitted one by one.
 */
@Tag(StandIn.TAG)
class CapturedStepsTest {
    private static final int CHANNELS = 6;
    /** The last batch of an epoch is smaller. */
    private static final int[] IMAGES = {2, 2, 1};

    private static final int EPOCHS = 3;
    private static final int REFERENCES = 2;

    @BeforeAll
    static void load() {
        StandIn.load(false);
    }

    /** Losses, then all parameters, of two levels. */
    private static float[] train(Backend backend, TrainingSettings settings, List<String> blocks, GateMode gate) {
        List<RlrTransformer> levels = new ArrayList<>();
        for (int side = 2; side <= 3; side++) {
            LevelConfig config = LevelConfig.builder(CHANNELS, side, side, 8)
                    .heads(2)
                    .layers(2)
                    .blocks(blocks)
                    .gate(gate)
                    .refLen(REFERENCES)
                    .windowSize(1)
                    .referenceLoss(true)
                    .build();
            RlrTransformer level = new RlrTransformer(config, backend, true);
            level.parameters().initialize(side);
            levels.add(level);
        }
        List<Float> results = new ArrayList<>();
        SplittableRandom random = new SplittableRandom(3);
        try (LevelOptimizers optimizers = new LevelOptimizers(
                        levels.stream().map(RlrTransformer::parameters).toList(),
                        AdamSettings.DEFAULT.withLearningRate(settings.learningRate()),
                        settings.optimizer());
                TrainingSteps steps = new TrainingSteps(backend, levels, optimizers, settings)) {
            for (int step = 0; step < EPOCHS * IMAGES.length; step++) {
                int images = IMAGES[step % IMAGES.length];
                for (int level = 0; level < levels.size(); level++) {
                    float[] batch =
                            new float[images * levels.get(level).config().tokens() * CHANNELS];
                    for (int i = 0; i < batch.length; i++) {
                        batch[i] = (float) random.nextDouble(-1, 1);
                    }
                    results.add((float) steps.run(level, batch, images, step));
                    assertEquals(step + 1, optimizers.of(level).steps());
                }
            }
        }
        for (RlrTransformer level : levels) {
            for (float p : level.parameters().toArray()) {
                results.add(p);
            }
            level.close();
        }
        assertEquals(0, backend.memory().used(), "leaked");
        float[] values = new float[results.size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = results.get(i);
        }
        return values;
    }

    /** The backend with another result of a capture request: none, or its own, counted. */
    private static Backend asking(Backend backend, boolean captures, int[] made) {
        return (Backend) Proxy.newProxyInstance(
                Backend.class.getClassLoader(), new Class<?>[] {Backend.class}, (proxy, method, arguments) -> {
                    if (method.getName().equals("capture") && !captures) {
                        return Optional.empty();
                    }
                    try {
                        Object result = method.invoke(backend, arguments);
                        made[0] += result instanceof Optional<?> capture && capture.isPresent() ? 1 : 0;
                        return result;
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                });
    }

    @ParameterizedTest
    @CsvSource({
        "4, 1, false, mca nsa, NONE",
        "4, 0.4, false, mca nsa, GATE",
        "0, 1, false, mca nsa, NONE",
        "0, 0.5, true, mca nsa, NONE",
        "4, 1, false, ca mca msa nsa, NET"
    })
    void areTheStepsSubmittedOneByOneBitForBit(
            float jitter, float probability, boolean mask, String blocks, GateMode gate) {
        List<String> names = List.of(blocks.split(" "));
        TrainingSettings settings = TrainingSettings.builder()
                .epochs(EPOCHS)
                .batchSize(2)
                .learningRate(1e-2f)
                .seed(11)
                .featureJitter(jitter)
                .noiseProb(probability)
                .maskTokens(mask)
                .build();
        try (Backend backend = Backends.open("cuda", BackendSettings.DEFAULTS.withPrecision("fp32"))) {
            int[] made = new int[1];
            float[] captured = train(asking(backend, true, made), settings, names, gate);
            assertEquals(4, made[0], "one for each level and number of images");
            assertArrayEquals(train(asking(backend, false, made), settings, names, gate), captured);
        }
    }
}
