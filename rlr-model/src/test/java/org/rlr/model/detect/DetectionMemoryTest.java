package org.rlr.model.detect;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.awt.image.BufferedImage;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.rlr.model.RlrModel;
import org.rlr.model.backbone.Backbone;
import org.rlr.model.backbone.Backbones;
import org.rlr.model.backbone.StateDict;
import org.rlr.model.config.LevelConfig;
import org.rlr.model.config.ModelInfo;
import org.rlr.model.config.RlrConfig;
import org.rlr.model.config.ScoreStatistics;
import org.rlr.model.config.TrainingSettings;
import org.rlr.model.data.RgbImage;
import org.rlr.model.features.FeatureStatistics;
import org.rlr.model.transformer.RlrTransformer;
import org.rlr.tensor.ResourceException;
import org.rlr.tensor.TensorScope;
import org.rlr.tensor.backend.Backend;
import org.rlr.tensor.backend.BackendSettings;
import org.rlr.tensor.backend.Backends;

/** Memory of a detection: its size, and no leaks after a detection that ran out of memory. */
class DetectionMemoryTest {
    private static final int MIB = 1 << 20;

    /**
     * The sizes in docs/reference/memory.md: tensors of one detection at the published size, without the model's own.
     */
    @ParameterizedTest
    @CsvSource({"scattering, 20", "tf_efficientnet_lite0, 22"})
    void aDetectionTakesNoMoreMemoryThanStated(String backbone, int most) {
        try (Backend backend = Backends.open("cpu", BackendSettings.DEFAULTS.withThreads(2));
                RlrModel model = model(RlrConfig.published(backbone), backend)) {
            AnomalyScorer scorer = new AnomalyScorer(model);
            float[] first = scorer.score(image()).values();
            long model0 = backend.memory().used();
            float[] second = scorer.score(image()).values();
            assertArrayEquals(first, second);
            assertEquals(model0, backend.memory().used());
            long call = backend.memory().peak() - model0;
            assertTrue(call <= (long) most * MIB, call + " bytes, more than " + most + " MiB");
        }
    }

    /** Whichever allocation fails, its error is thrown, nothing leaks, and the model works afterwards. */
    @Test
    void aFailedAllocationLeaksNothing() {
        RlrConfig config =
                RlrConfig.published("scattering").toBuilder().imageSize(64, 64).build();
        try (Backend backend = Backends.open("cpu", BackendSettings.DEFAULTS.withThreads(2))) {
            Allocations allocations = new Allocations(backend);
            allocations.failEach(() -> model(config, allocations.backend).close());
            assertEquals(0, backend.memory().used());
            try (RlrModel whole = model(config, backend);
                    RlrModel model = model(config, allocations.backend)) {
                AnomalyScorer scorer = new AnomalyScorer(model);
                float[] expected = new AnomalyScorer(whole).score(image()).values();
                allocations.failEach(
                        () -> assertArrayEquals(expected, scorer.score(image()).values()));
                long before = backend.memory().used();
                allocations.failEach(() -> scorer.score(image()));
                assertEquals(before, backend.memory().used());
            }
            assertEquals(0, backend.memory().used());
        }
    }

    /** A backend whose n-th allocation fails. */
    private static final class Allocations {
        private final ResourceException shortage =
                ResourceException.outOfMemory("made up", new OutOfMemoryError("made to fail"));
        private final Backend backend;
        private int left = Integer.MAX_VALUE;

        Allocations(Backend whole) {
            backend = (Backend) Proxy.newProxyInstance(
                    Backend.class.getClassLoader(), new Class<?>[] {Backend.class}, (proxy, method, arguments) -> {
                        boolean allocates = List.of("allocate", "packWeights").contains(method.getName());
                        if (allocates && left-- == 0) {
                            throw shortage;
                        }
                        try {
                            return method.invoke(whole, arguments);
                        } catch (InvocationTargetException e) {
                            throw e.getCause();
                        }
                    });
        }

        /** Lets the first allocation fail, then the second, … until the work needs fewer. */
        void failEach(Runnable work) {
            int failed = 0;
            boolean done = false;
            while (!done) {
                left = failed;
                try {
                    work.run();
                    done = true;
                } catch (ResourceException e) {
                    assertSame(shortage, e);
                    assertEquals(0, e.getSuppressed().length);
                    assertThrows(IllegalStateException.class, TensorScope::current);
                    failed++;
                }
            }
            left = Integer.MAX_VALUE;
            assertTrue(failed > 20, failed + " allocations");
        }
    }

    private static RgbImage image() {
        BufferedImage image = new BufferedImage(256, 256, BufferedImage.TYPE_INT_RGB);
        SplittableRandom random = new SplittableRandom(1);
        for (int i = 0; i < 256 * 256; i++) {
            image.setRGB(i % 256, i / 256, random.nextInt(1 << 24));
        }
        return RgbImage.of(image);
    }

    /** Random weights; closed if memory runs out. */
    private static RlrModel model(RlrConfig config, Backend backend) {
        String name = config.backbone();
        Map<String, StateDict.Weight> weights = new HashMap<>();
        SplittableRandom random = new SplittableRandom(2);
        Backbones.weightShapes(name, config.levels()).forEach((key, shape) -> {
            float[] values = new float[Arrays.stream(shape).reduce(1, Math::multiplyExact)];
            double largest = shape.length > 1 ? Math.sqrt(6.0 * shape[0] / values.length) : 0.2;
            double mean = key.endsWith("running_var") || (shape.length == 1 && key.endsWith("weight")) ? 1 : 0;
            for (int i = 0; i < values.length; i++) {
                values[i] = (float) (mean + largest * random.nextDouble(-1, 1));
            }
            weights.put(key, new StateDict.Weight(shape, values));
        });
        Backbone backbone = Backbones.create(name, backend, config.levels(), StateDict.of(weights), "random");
        List<RlrTransformer> levels = new ArrayList<>();
        List<FeatureStatistics> statistics = new ArrayList<>();
        try {
            for (LevelConfig shape : config.shapes(backbone.info().levels())) {
                RlrTransformer level = new RlrTransformer(shape, backend, false);
                levels.add(level);
                level.parameters().initialize(levels.size());
                float[] ones = new float[shape.channels()];
                Arrays.fill(ones, 1);
                statistics.add(new FeatureStatistics(new float[shape.channels()], ones));
            }
        } catch (ResourceException e) {
            levels.forEach(RlrTransformer::close);
            backbone.close();
            throw e;
        }
        ModelInfo info = ModelInfo.builder(config)
                .training(TrainingSettings.PUBLISHED)
                .classes(List.of("noise"))
                .images(1)
                .loss(1)
                .scores(new ScoreStatistics(1, 1, 0, 1, 1, 0, 1))
                .build();
        return new RlrModel(backend, info, backbone, backbone.info().standardized() ? statistics : null, levels);
    }
}
