package org.rlr.model.detect;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.rlr.model.ModelFile;
import org.rlr.model.RlrModel;
import org.rlr.model.backbone.Backbone;
import org.rlr.model.backbone.Backbones;
import org.rlr.model.backbone.StateDict;
import org.rlr.model.config.LevelConfig;
import org.rlr.model.config.ModelInfo;
import org.rlr.model.config.RlrConfig;
import org.rlr.model.config.ScoreStatistics;
import org.rlr.model.config.TrainingSettings;
import org.rlr.model.features.FeatureExtractor;
import org.rlr.model.features.FeatureStatistics;
import org.rlr.model.transformer.RlrTransformer;
import org.rlr.tensor.backend.Backend;
import org.rlr.tensor.backend.BackendSettings;
import org.rlr.tensor.backend.Backends;

/** Models with random weights on the backbone without weights: their scores are arbitrary, but reproducible. */
final class RandomModel {
    /** A model that examines an image in milliseconds. */
    static final RlrConfig TINY = RlrConfig.builder(Backbones.WEIGHT_FREE)
            .imageSize(64, 64)
            .width(16)
            .layers(1)
            .build();

    private RandomModel() {}

    /** Writes a model; each seed gives a different model. */
    static Path write(Path file, RlrConfig config, int seed) {
        try (Backend backend = Backends.open("cpu", BackendSettings.DEFAULTS);
                RlrModel model = open(config, seed, backend)) {
            ModelFile.save(model, file);
        }
        return file;
    }

    static RlrModel open(RlrConfig config, int seed, Backend backend) {
        Backbone backbone = Backbones.create(config.backbone(), backend, config.levels(), StateDict.NONE, "random");
        List<RlrTransformer> levels = new ArrayList<>();
        List<FeatureStatistics> statistics = new ArrayList<>();
        for (LevelConfig shape : config.shapes(backbone.info().levels())) {
            RlrTransformer transformer = new RlrTransformer(shape, backend, false);
            transformer.parameters().initialize(31 * seed + levels.size());
            levels.add(transformer);
            float[] ones = new float[shape.channels()];
            Arrays.fill(ones, 1);
            statistics.add(new FeatureStatistics(new float[shape.channels()], ones));
        }
        ModelInfo info = ModelInfo.builder(config)
                .training(TrainingSettings.PUBLISHED)
                .classes(List.of("texture"))
                .images(1)
                .loss(1)
                .scores(new ScoreStatistics(1, 1, 0, 1, 1, 0, 1))
                .build();
        boolean standardized = FeatureExtractor.standardized(config, backbone);
        return new RlrModel(backend, info, backbone, standardized ? statistics : null, levels);
    }
}
