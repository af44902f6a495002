package org.rlr.model.detect;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.rlr.model.ComputedFeatureMaps;
import org.rlr.model.FeatureMaps;
import org.rlr.model.LevelConfig;
import org.rlr.model.ModelInfo;
import org.rlr.model.RlrConfig;
import org.rlr.model.RlrModel;
import org.rlr.model.RlrTransformer;
import org.rlr.model.data.RgbImage;
import org.rlr.tensor.RlrException;
import org.rlr.tensor.Tensor;
import org.rlr.tensor.TensorScope;
import org.rlr.tensor.autograd.FusedFunctions;

/** Anomaly maps and image scores of a model, for one image or many; may be used by several threads at once. */
public final class AnomalyScorer {
    private final RlrModel model;
    private final ComputedFeatureMaps computed;
    private final FeatureMaps files;

    /** A scorer on a model, which it does not own. */
    public AnomalyScorer(RlrModel model) {
        this(model, null);
    }

    /** A scorer that takes the feature maps of image files from somewhere, made by the model's backbone; null to compute them. */
    public AnomalyScorer(RlrModel model, FeatureMaps files) {
        this.model = model;
        this.computed = new ComputedFeatureMaps(model.backbone(), model.info().config());
        this.files = files == null ? computed : files;
    }

    /** What the model says of itself. */
    public ModelInfo info() {
        return model.info();
    }

    /** Takes the result of one image of many. */
    @FunctionalInterface
    public interface Sink {
        /**
         * @param index its place in the list
         * @param map   its anomaly map and image score; the receiver's to keep
         */
        void accept(int index, AnomalyMap map);
    }

    /** Scores image files in order. @throws org.rlr.tensor.RlrException if one cannot be read */
    public void score(List<Path> images, Sink sink) {
        files.forEach(images, (index, image) -> sink.accept(index, score(image)));
    }

    /** Scores one image. */
    public AnomalyMap score(RgbImage image) {
        return score(computed.of(image));
    }

    private AnomalyMap score(FeatureMaps.ImageMaps image) {
        RlrConfig config = model.info().config();
        if (image.grid() == null) {
            return AnomalyMap.of(levels(image, 0), config.imageHeight(), config.imageWidth());
        }
        List<List<AnomalyMap.Level>> tiles = new ArrayList<>();
        for (int tile = 0; tile < image.grid().count(); tile++) {
            tiles.add(levels(image, tile));
        }
        return AnomalyMap.of(image.grid(), tiles);
    }

    /** Of one image or tile at a time: that uses all cores, and its numbers do not depend on what else is scored. */
    private List<AnomalyMap.Level> levels(FeatureMaps.ImageMaps image, int input) {
        try (TensorScope scope = TensorScope.inference(model.backend())) {
            List<Tensor> maps = image.maps(input);
            List<AnomalyMap.Level> levels = new ArrayList<>();
            for (int i = 0; i < maps.size(); i++) {
                levels.add(level(i, model.tokenScores(i, maps.get(i))));
            }
            return levels;
        }
    }

    /**
     * Scores one image and keeps its features and their reconstructions; the map is that of {@link #score(RgbImage)}.
     *
     * @throws org.rlr.tensor.RlrException if the model cuts images into tiles, which have no features in common
     */
    public Examination examine(RgbImage image) {
        requireWhole(model);
        RlrConfig config = model.info().config();
        List<Examination.Level> levels = new ArrayList<>();
        List<AnomalyMap.Level> scores = new ArrayList<>();
        try (TensorScope scope = TensorScope.inference(model.backend())) {
            for (RlrModel.Reconstruction each : model.reconstruct(computed.of(image).maps(0))) {
                RlrTransformer transformer = model.levels().get(levels.size());
                LevelConfig c = transformer.config();
                levels.add(new Examination.Level(2 << config.levels().get(levels.size()), c.height(), c.width(), c.channels(), each.tokens().toArray(),
                        each.reconstruction().toArray(), transformer.reference()));
                scores.add(level(scores.size(), FusedFunctions.tokenScores(each.reconstruction(), each.tokens())));
            }
            return new Examination(AnomalyMap.of(scores, config.imageHeight(), config.imageWidth()), levels);
        }
    }

    /** Refuses models that cut images into tiles. @throws org.rlr.tensor.RlrException if this is one */
    public static void requireWhole(RlrModel model) {
        if (model.info().config().tiling() != null) {
            throw new RlrException("pictures of features are of a whole image, and this model cuts images into tiles (" + model.info().config().tiling() + "); take a model trained with --no-tiles");
        }
    }

    private AnomalyMap.Level level(int index, Tensor scores) {
        LevelConfig c = model.levels().get(index).config();
        return new AnomalyMap.Level(scores.toArray(), c.height(), c.width());
    }
}
