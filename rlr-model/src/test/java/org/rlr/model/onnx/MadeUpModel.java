package org.rlr.model.onnx;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.rlr.model.RlrModel;
import org.rlr.model.backbone.Backbone;
import org.rlr.model.backbone.Backbones;
import org.rlr.model.backbone.StateDict;
import org.rlr.model.backbone.scattering.ChannelStatistics;
import org.rlr.model.config.LevelConfig;
import org.rlr.model.config.ModelInfo;
import org.rlr.model.config.RlrConfig;
import org.rlr.model.config.ScoreStatistics;
import org.rlr.model.config.Scoring;
import org.rlr.model.config.Thresholds;
import org.rlr.model.config.TrainingSettings;
import org.rlr.model.data.RgbImage;
import org.rlr.model.features.ComputedFeatureMaps;
import org.rlr.model.features.FeatureExtractor;
import org.rlr.model.features.FeatureStatistics;
import org.rlr.model.features.ProductRecognizer;
import org.rlr.model.transformer.RlrTransformer;
import org.rlr.tensor.Tensor;
import org.rlr.tensor.TensorScope;
import org.rlr.tensor.backend.Backend;
import org.rlr.tensor.golden.HashedTensors;

/** Models of any backbone with made-up weights: their scores have no meaning, but are reproducible. */
final class MadeUpModel {
    private MadeUpModel() {}

    static RlrModel of(RlrConfig config, Backend backend) {
        return of(config, null, null, null, backend);
    }

    static RlrModel of(
            RlrConfig config,
            @Nullable Scoring scoring,
            @Nullable Thresholds thresholds,
            @Nullable ProductRecognizer recognizer,
            Backend backend) {
        Map<String, StateDict.Weight> weights = new LinkedHashMap<>();
        Backbones.weightShapes(config.backbone(), config.levels())
                .forEach((name, shape) -> weights.put(
                        name,
                        new StateDict.Weight(
                                shape,
                                HashedTensors.parameter(
                                        name,
                                        0,
                                        Arrays.stream(shape).asLongStream().toArray()))));
        Backbone backbone =
                Backbones.create(config.backbone(), backend, config.levels(), StateDict.of(weights), "made up");
        List<RlrTransformer> levels = new ArrayList<>();
        for (LevelConfig shape : config.shapes(backbone.info().levels())) {
            RlrTransformer transformer = new RlrTransformer(shape, backend, false);
            transformer.parameters().initialize(31 + levels.size());
            levels.add(transformer);
        }
        boolean standardized = FeatureExtractor.standardized(config, backbone);
        List<FeatureStatistics> statistics = standardized ? statistics(config, backbone, backend) : null;
        ModelInfo info = ModelInfo.builder(config)
                .training(TrainingSettings.PUBLISHED)
                .classes(List.of("one", "two"))
                .images(1)
                .loss(1)
                .scores(new ScoreStatistics(1, 1, 0, 1, 1, 0, 1))
                .thresholds(thresholds)
                .scoring(scoring)
                .build();
        return new RlrModel(backend, info, backbone, statistics, levels, recognizer);
    }

    /** Creates a recogniser from a few pictures, like training from its images. */
    private static List<FeatureStatistics> statistics(RlrConfig config, Backbone backbone, Backend backend) {
        List<ChannelStatistics> all = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            try (TensorScope scope = TensorScope.inference(backend)) {
                List<Tensor> maps = new ComputedFeatureMaps(backbone, config)
                        .of(image(i, config.imageWidth(), config.imageHeight()))
                        .maps(0);
                for (int level = 0; level < maps.size(); level++) {
                    if (i == 0) {
                        all.add(new ChannelStatistics(maps.get(level).dim(3)));
                    }
                    all.get(level).add(maps.get(level).toArray());
                }
            }
        }
        float floor = Math.max(1e-3f, backbone.info().deviationFloor());
        return all.stream()
                .map(each -> new FeatureStatistics(each.mean(), each.standardDeviation(floor)))
                .toList();
    }

    /** Returns a picture of shapes and noise, of a different kind for each number. */
    static RgbImage image(int number, int width, int height) {
        byte[] rgb = new byte[3 * width * height];
        java.util.Random random = new java.util.Random(number);
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                for (int c = 0; c < 3; c++) {
                    double value = switch (number % 4) {
                        case 0 -> random.nextInt(256);
                        case 1 -> 128 + 100 * Math.sin(0.2 * (x + number) + c) * Math.cos(0.13 * y);
                        case 2 -> (x / 8 + y / 8) % 2 == 0 ? 200 - 30 * c : 40 + 2 * number;
                        default ->
                            Math.hypot(x - width / 2.0, y - height / 3.0) < height / 4.0
                                    ? 220 - 40 * c
                                    : 90 + random.nextInt(6);
                    };
                    rgb[3 * (y * width + x) + c] = (byte) (int) value;
                }
            }
        }
        return new RgbImage(width, height, rgb);
    }
}
