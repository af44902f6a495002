package org.rlr.model.detect;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.rlr.model.RlrConfig;
import org.rlr.model.RlrModel;
import org.rlr.model.data.ImageInputs;
import org.rlr.model.data.ImageReader;
import org.rlr.model.data.RgbImage;
import org.rlr.tensor.Tensor;
import org.rlr.tensor.TensorScope;

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
        RlrConfig config = model.info().config();
        List<AnomalyMap.Level> levels = new ArrayList<>();
        try (TensorScope scope = TensorScope.inference(model.backend())) {
            List<Tensor> scores = model.tokenScores(Tensor.of(inputs.pixels(index), 1, config.imageHeight(), config.imageWidth(), RgbImage.CHANNELS));
            for (int i = 0; i < scores.size(); i++) {
                int stride = 2 << config.levels().get(i);
                levels.add(new AnomalyMap.Level(scores.get(i).toArray(), config.imageHeight() / stride, config.imageWidth() / stride));
            }
        }
        return levels;
    }
}
