package org.rlr.model.detect;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.rlr.model.LevelConfig;
import org.rlr.model.RlrConfig;
import org.rlr.model.RlrModel;
import org.rlr.model.RlrTransformer;
import org.rlr.model.data.ImageInputs;
import org.rlr.model.data.ImageReader;
import org.rlr.model.data.RgbImage;
import org.rlr.tensor.RlrException;
import org.rlr.tensor.Tensor;
import org.rlr.tensor.TensorScope;
import org.rlr.tensor.autograd.FusedFunctions;

/** Anomaly maps and image scores of a model, for one image or many; may be used by several threads at once. */
public final class AnomalyScorer {
    private static final int READ_AHEAD = 2;

    private final RlrModel model;
    private final ImageReader reader;

    /** A scorer on a model, which it does not own. */
    public AnomalyScorer(RlrModel model) {
        this.model = model;
        this.reader = new ImageReader(model.info().config(), model.backbone().normalization());
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
        reader.forEach(images, READ_AHEAD, (index, inputs) -> sink.accept(index, score(inputs)));
    }

    /** Scores one image. */
    public AnomalyMap score(RgbImage image) {
        return score(reader.inputs(image));
    }

    private AnomalyMap score(ImageInputs inputs) {
        RlrConfig config = model.info().config();
        if (inputs.grid() == null) {
            return AnomalyMap.of(levels(inputs, 0), config.imageHeight(), config.imageWidth());
        }
        List<List<AnomalyMap.Level>> tiles = new ArrayList<>();
        for (int tile = 0; tile < inputs.count(); tile++) {
            tiles.add(levels(inputs, tile));
        }
        return AnomalyMap.of(inputs.grid(), tiles);
    }

    /** Of one image or tile at a time: that uses all cores, and its numbers do not depend on what else is scored. */
    private List<AnomalyMap.Level> levels(ImageInputs inputs, int index) {
        try (TensorScope scope = TensorScope.inference(model.backend())) {
            return levels(model.tokenScores(input(inputs, index)));
        }
    }

    private Tensor input(ImageInputs inputs, int index) {
        RlrConfig config = model.info().config();
        return Tensor.of(inputs.pixels(index), 1, config.imageHeight(), config.imageWidth(), RgbImage.CHANNELS);
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
        List<Tensor> scores = new ArrayList<>();
        try (TensorScope scope = TensorScope.inference(model.backend())) {
            for (RlrModel.Reconstruction each : model.reconstruct(input(reader.inputs(image), 0))) {
                RlrTransformer transformer = model.levels().get(levels.size());
                LevelConfig c = transformer.config();
                levels.add(new Examination.Level(2 << config.levels().get(levels.size()), c.height(), c.width(), c.channels(), each.tokens().toArray(),
                        each.reconstruction().toArray(), transformer.reference()));
                scores.add(FusedFunctions.tokenScores(each.reconstruction(), each.tokens()));
            }
            return new Examination(AnomalyMap.of(levels(scores), config.imageHeight(), config.imageWidth()), levels);
        }
    }

    /** Refuses models that cut images into tiles. @throws org.rlr.tensor.RlrException if this is one */
    public static void requireWhole(RlrModel model) {
        if (model.info().config().tiling() != null) {
            throw new RlrException("pictures of features are of a whole image, and this model cuts images into tiles (" + model.info().config().tiling() + "); take a model trained with --no-tiles");
        }
    }

    private List<AnomalyMap.Level> levels(List<Tensor> scores) {
        RlrConfig config = model.info().config();
        List<AnomalyMap.Level> levels = new ArrayList<>();
        for (int i = 0; i < scores.size(); i++) {
            int stride = 2 << config.levels().get(i);
            levels.add(new AnomalyMap.Level(scores.get(i).toArray(), config.imageHeight() / stride, config.imageWidth() / stride));
        }
        return levels;
    }
}
