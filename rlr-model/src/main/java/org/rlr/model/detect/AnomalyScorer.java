package org.rlr.model.detect;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.rlr.model.LevelConfig;
import org.rlr.model.RlrConfig;
import org.rlr.model.RlrModel;
import org.rlr.model.RlrTransformer;
import org.rlr.model.data.ImageBatches;
import org.rlr.model.data.Preprocessor;
import org.rlr.model.data.RgbImage;
import org.rlr.tensor.Tensor;
import org.rlr.tensor.TensorScope;
import org.rlr.tensor.autograd.FusedFunctions;

/** Anomaly maps and image scores of a model, for one image or many; may be used by several threads at once. */
public final class AnomalyScorer {
    private final RlrModel model;
    private final Preprocessor preprocessor;

    /** A scorer on a model, which it does not own. */
    public AnomalyScorer(RlrModel model) {
        this.model = model;
        this.preprocessor = preprocessor(model);
    }

    private static Preprocessor preprocessor(RlrModel model) {
        RlrConfig config = model.info().config();
        return new Preprocessor(config.imageHeight(), config.imageWidth(), model.backbone().normalization());
    }

    /** Takes the result of one image of many. */
    @FunctionalInterface
    public interface Sink {
        /**
         * @param index its place in the list
         * @param map   its anomaly map at the model's input size, and image score; the receiver's to keep
         */
        void accept(int index, AnomalyMap map);
    }

    /** Scores image files in order. @throws org.rlr.tensor.RlrException if one cannot be read */
    public void score(List<Path> images, Sink sink) {
        // One image at a time uses all cores, and its numbers do not depend on what else is scored.
        new ImageBatches(preprocessor, 1).forEach(images, (first, count, pixels) -> sink.accept(first, score(pixels)));
    }

    /** Scores one image. */
    public AnomalyMap score(RgbImage image) {
        return score(preprocessor.apply(image));
    }

    private AnomalyMap score(float[] pixels) {
        try (TensorScope scope = TensorScope.inference(model.backend())) {
            return map(model.tokenScores(input(pixels)));
        }
    }

    /** Scores one image and keeps its features and their reconstructions; the map is that of {@link #score(RgbImage)}. */
    public Examination examine(RgbImage image) {
        List<Examination.Level> levels = new ArrayList<>();
        List<Tensor> scores = new ArrayList<>();
        try (TensorScope scope = TensorScope.inference(model.backend())) {
            for (RlrModel.Reconstruction each : model.reconstruct(input(preprocessor.apply(image)))) {
                RlrTransformer transformer = model.levels().get(levels.size());
                LevelConfig c = transformer.config();
                levels.add(new Examination.Level(2 << model.info().config().levels().get(levels.size()), c.height(), c.width(), c.channels(), each.tokens().toArray(),
                        each.reconstruction().toArray(), transformer.reference()));
                scores.add(FusedFunctions.tokenScores(each.reconstruction(), each.tokens()));
            }
            return new Examination(map(scores), levels);
        }
    }

    private Tensor input(float[] pixels) {
        return Tensor.of(pixels, 1, preprocessor.height(), preprocessor.width(), RgbImage.CHANNELS);
    }

    private AnomalyMap map(List<Tensor> scores) {
        RlrConfig config = model.info().config();
        List<AnomalyMap.Level> levels = new ArrayList<>();
        for (int i = 0; i < scores.size(); i++) {
            int stride = 2 << config.levels().get(i);
            levels.add(new AnomalyMap.Level(scores.get(i).toArray(), config.imageHeight() / stride, config.imageWidth() / stride));
        }
        return AnomalyMap.of(levels, config.imageHeight(), config.imageWidth());
    }
}
