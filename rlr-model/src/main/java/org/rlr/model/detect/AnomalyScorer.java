package org.rlr.model.detect;

import java.util.ArrayList;
import java.util.List;
import java.util.function.ObjIntConsumer;
import org.jspecify.annotations.Nullable;
import org.rlr.model.RlrModel;
import org.rlr.model.config.LevelConfig;
import org.rlr.model.config.ModelInfo;
import org.rlr.model.config.RlrConfig;
import org.rlr.model.config.Scoring;
import org.rlr.model.config.Thresholds;
import org.rlr.model.data.ImageSource;
import org.rlr.model.data.RgbImage;
import org.rlr.model.data.TileGrid;
import org.rlr.model.features.ComputedFeatureMaps;
import org.rlr.model.features.FeatureMaps;
import org.rlr.model.features.ProductRecognizer;
import org.rlr.model.features.Recognition;
import org.rlr.model.transformer.RlrTransformer;
import org.rlr.tensor.RlrException;
import org.rlr.tensor.Tensor;
import org.rlr.tensor.TensorScope;
import org.rlr.tensor.autograd.FusedFunctions;

/** Computes anomaly maps and image scores of one or many images with a model; safe for use by several threads. */
public final class AnomalyScorer {
    private final RlrModel model;
    private final ComputedFeatureMaps computed;
    private final FeatureMaps maps;
    private final Scoring scoring;

    /**
     * Creates a scorer with the model's own scoring.
     *
     * @param model owned by the caller
     */
    public AnomalyScorer(RlrModel model) {
        this(model, null);
    }

    /**
     * Creates a scorer that uses precomputed feature maps of many images.
     *
     * @param model owned by the caller
     * @param maps feature maps of the images, computed with the model's backbone; null to compute them here
     */
    public AnomalyScorer(RlrModel model, @Nullable FeatureMaps maps) {
        this(model, maps, model.info().scoring());
    }

    private AnomalyScorer(RlrModel model, @Nullable FeatureMaps maps, Scoring scoring) {
        this.model = model;
        this.computed = new ComputedFeatureMaps(model.backbone(), model.info().config());
        this.maps = maps == null ? computed : maps;
        this.scoring = scoring;
    }

    /**
     * Returns a scorer of the same model with another scoring; the model's thresholds are not valid for it.
     *
     * @param other levels, weights and smoothing
     * @return a scorer that shares the model
     * @throws RlrException if the model lacks one of its levels
     */
    public AnomalyScorer with(Scoring other) {
        return new AnomalyScorer(model, maps, other.requireLevelsOf(model.info().config()));
    }

    /** {@return whether the maps of this scorer contain the recognised class of the image} */
    public boolean recognizes() {
        return model.recognizer() != null;
    }

    /** {@return the model's thresholds; null if this scorer's scoring differs from the model's} */
    public @Nullable Thresholds thresholds() {
        return scoring.equals(model.info().scoring()) ? model.info().thresholds() : null;
    }

    /** {@return the model's description} */
    public ModelInfo info() {
        return model.info();
    }

    /** Receives the results of a list of images. */
    @FunctionalInterface
    public interface Sink {
        /**
         * Receives the result of an image.
         *
         * @param index index in the list, from 0
         * @param map its anomaly map and image score; owned by the receiver
         */
        void accept(int index, AnomalyMap map);

        /**
         * Receives the error of an image that cannot be read, in the image's turn.
         *
         * @param index index in the list, from 0
         * @param e names the image and the cause; the default implementation throws it
         */
        default void failed(int index, RlrException e) {
            throw e;
        }
    }

    /**
     * Scores images in order.
     *
     * @param images the images
     * @param sink called once per image, on the calling thread
     * @throws RlrException if an image cannot be read, unless the sink handles the error
     */
    public void score(List<ImageSource> images, Sink sink) {
        forEach(images, (index, image) -> sink.accept(index, score(image)), (e, index) -> sink.failed(index, e));
    }

    /** Receives the level scores of a list of images. */
    @FunctionalInterface
    public interface LevelSink {
        /**
         * Receives the scores of an image.
         *
         * @param index index in the list, from 0
         * @param scores scores of all levels of the model; owned by the receiver
         */
        void accept(int index, LevelScores scores);

        /**
         * Receives the error of an image that cannot be read, in the image's turn.
         *
         * @param index index in the list, from 0
         * @param e names the image and the cause; the default implementation throws it
         */
        default void failed(int index, RlrException e) {
            throw e;
        }
    }

    /**
     * Scores the tokens of images in order, at all levels of the model.
     *
     * @param images the images
     * @param sink called once per image, on the calling thread
     * @throws RlrException if an image cannot be read, unless the sink handles the error
     */
    public void scoreLevels(List<ImageSource> images, LevelSink sink) {
        List<Integer> levels = model.info().config().levels();
        forEach(
                images,
                (index, image) -> sink.accept(index, scores(image, levels, new StageClock())),
                (e, index) -> sink.failed(index, e));
    }

    private void forEach(
            List<ImageSource> images, FeatureMaps.ImageConsumer each, ObjIntConsumer<RlrException> failed) {
        maps.forEach(images, new FeatureMaps.ImageConsumer() {
            @Override
            public void accept(int index, FeatureMaps.ImageMaps image) {
                each.accept(index, image);
            }

            @Override
            public void failed(int index, RlrException e) {
                failed.accept(e, index);
            }
        });
    }

    /**
     * Scores one image.
     *
     * @param image of any size
     * @return map and image score
     * @throws RlrException if its tiles would have too many pixels in total
     */
    public AnomalyMap score(RgbImage image) {
        return score(prepare(image));
    }

    private AnomalyMap score(FeatureMaps.ImageMaps image) {
        return score(image, new StageClock());
    }

    /** Resizes or cuts an image; the original is not needed afterwards. */
    FeatureMaps.ImageMaps prepare(RgbImage image) {
        return computed.of(image);
    }

    AnomalyMap score(FeatureMaps.ImageMaps image, StageClock clock) {
        LevelScores scores = scores(image, scoring.levels(), clock);
        return clock.time(StageClock.Stage.MAP, () -> scores.map(scoring));
    }

    /** Scores of some levels; the others are not reconstructed. */
    private LevelScores scores(FeatureMaps.ImageMaps image, List<Integer> levels, StageClock clock) {
        List<List<AnomalyMap.Level>> tiles = new ArrayList<>();
        List<float[]> pooled = new ArrayList<>();
        for (int input = 0; input < inputs(image.grid()); input++) {
            tiles.add(scores(image, input, levels, pooled, clock));
        }
        return new LevelScores(
                levels,
                tiles,
                image.grid(),
                model.info().config().imageHeight(),
                model.info().config().imageWidth(),
                recognize(pooled));
    }

    /** Recognises the class from the pooled features of an image's inputs. */
    private @Nullable Recognition recognize(List<float[]> pooled) {
        return model.recognizer() == null ? null : model.recognizer().recognize(pooled);
    }

    private void pool(List<Tensor> maps, List<float[]> pooled) {
        if (model.recognizer() != null) {
            pooled.add(ProductRecognizer.pool(maps));
        }
    }

    /** One image or tile at a time: this uses all cores, and results do not depend on the other images. */
    private List<AnomalyMap.Level> scores(
            FeatureMaps.ImageMaps image, int input, List<Integer> levels, List<float[]> pooled, StageClock clock) {
        try (TensorScope scope = TensorScope.inference(model.backend())) {
            List<Tensor> maps = clock.time(StageClock.Stage.BACKBONE, () -> {
                List<Tensor> all = image.maps(input);
                pool(all, pooled);
                return all;
            });
            List<AnomalyMap.Level> scores = new ArrayList<>();
            for (int level : levels) {
                int index = model.info().config().levels().indexOf(level);
                scores.add(clock.time(
                        StageClock.Stage.TRANSFORMER, () -> level(index, model.tokenScores(index, maps.get(index)))));
            }
            return scores;
        }
    }

    /**
     * Scores one image and also returns its features and their reconstructions, per tile if it is cut into tiles; the
     * map equals that of {@link #score(RgbImage)}.
     *
     * @param image of any size
     * @return map, features, reconstructions and references
     * @throws RlrException if its tiles would have too many pixels in total
     */
    public Examination examine(RgbImage image) {
        FeatureMaps.ImageMaps maps = computed.of(image);
        RlrConfig config = model.info().config();
        List<List<float[]>> references =
                model.levels().stream().map(RlrTransformer::reference).toList();
        List<List<Examination.Level>> examined = new ArrayList<>();
        List<List<AnomalyMap.Level>> scores = new ArrayList<>();
        List<float[]> pooled = new ArrayList<>();
        for (int input = 0; input < inputs(maps.grid()); input++) {
            try (TensorScope scope = TensorScope.inference(model.backend())) {
                List<Tensor> features = maps.maps(input);
                pool(features, pooled);
                List<RlrModel.Reconstruction> reconstructions = model.reconstruct(features);
                examined.add(levels(reconstructions, references));
                List<AnomalyMap.Level> tile = new ArrayList<>();
                for (RlrModel.Reconstruction each : reconstructions) {
                    tile.add(level(tile.size(), FusedFunctions.tokenScores(each.reconstruction(), each.tokens())));
                }
                scores.add(tile);
            }
        }
        LevelScores all = new LevelScores(
                config.levels(), scores, maps.grid(), config.imageHeight(), config.imageWidth(), recognize(pooled));
        return new Examination(all.map(scoring), maps.grid(), examined);
    }

    private static int inputs(@Nullable TileGrid grid) {
        return grid == null ? 1 : grid.count();
    }

    private List<Examination.Level> levels(
            List<RlrModel.Reconstruction> reconstructions, List<List<float[]>> references) {
        List<Examination.Level> levels = new ArrayList<>();
        for (int i = 0; i < reconstructions.size(); i++) {
            LevelConfig c = model.levels().get(i).config();
            int level = model.info().config().levels().get(i);
            levels.add(new Examination.Level(
                    level,
                    model.backbone().info().level(level).stride(),
                    c.gridHeight(),
                    c.gridWidth(),
                    c.channels(),
                    reconstructions.get(i).tokens().toArray(),
                    reconstructions.get(i).reconstruction().toArray(),
                    references.get(i)));
        }
        return levels;
    }

    private AnomalyMap.Level level(int index, Tensor scores) {
        LevelConfig c = model.levels().get(index).config();
        return new AnomalyMap.Level(scores.toArray(), c.gridHeight(), c.gridWidth());
    }
}
