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
import org.rlr.model.data.TileGrid;
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
        List<List<AnomalyMap.Level>> scores = new ArrayList<>();
        for (int input = 0; input < inputs.count(); input++) {
            scores.add(levels(inputs, input));
        }
        return map(inputs.grid(), scores);
    }

    /** Of the scores of the whole image, or of each tile of a grid. */
    private AnomalyMap map(TileGrid grid, List<List<AnomalyMap.Level>> scores) {
        RlrConfig config = model.info().config();
        return grid == null ? AnomalyMap.of(scores.get(0), config.imageHeight(), config.imageWidth()) : AnomalyMap.of(grid, scores);
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

    /** Scores one image and keeps its features and their reconstructions, or those of all its tiles; the map is that of {@link #score(RgbImage)}. */
    public Examination examine(RgbImage image) {
        ImageInputs inputs = reader.inputs(image);
        List<List<float[]>> references = model.levels().stream().map(RlrTransformer::reference).toList();
        List<List<Examination.Level>> examined = new ArrayList<>();
        List<List<AnomalyMap.Level>> scores = new ArrayList<>();
        for (int input = 0; input < inputs.count(); input++) {
            try (TensorScope scope = TensorScope.inference(model.backend())) {
                List<RlrModel.Reconstruction> reconstructions = model.reconstruct(input(inputs, input));
                examined.add(levels(reconstructions, references));
                scores.add(levels(reconstructions.stream().map(each -> FusedFunctions.tokenScores(each.reconstruction(), each.tokens())).toList()));
            }
        }
        return new Examination(map(inputs.grid(), scores), inputs.grid(), examined);
    }

    private List<Examination.Level> levels(List<RlrModel.Reconstruction> reconstructions, List<List<float[]>> references) {
        List<Examination.Level> levels = new ArrayList<>();
        for (int i = 0; i < reconstructions.size(); i++) {
            LevelConfig c = model.levels().get(i).config();
            levels.add(new Examination.Level(2 << model.info().config().levels().get(i), c.height(), c.width(), c.channels(), reconstructions.get(i).tokens().toArray(),
                    reconstructions.get(i).reconstruction().toArray(), references.get(i)));
        }
        return levels;
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
