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

/** Anomaly maps and image scores of a model, for one image or many; may be used by several threads at once. */
public final class AnomalyScorer {
    private final RlrModel model;
    private final ComputedFeatureMaps computed;
    private final FeatureMaps maps;
    private final Scoring scoring;

    /**
     * A scorer on a model, which it does not own, by the model's own scoring.
     *
     * @param model stays the caller's
     */
    public AnomalyScorer(RlrModel model) {
        this(model, null);
    }

    /**
     * A scorer that takes the feature maps of many images from somewhere, made by the model's backbone; null to compute
     * them.
     *
     * @param model stays the caller's
     * @param maps feature maps of the images that are to be scored, or null
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
     * A scorer of the same model by another scoring, to which the model's thresholds do not belong.
     *
     * @param other levels, weights and smoothing
     * @return a scorer that shares the model
     * @throws RlrException if the model lacks one of its levels
     */
    public AnomalyScorer with(Scoring other) {
        return new AnomalyScorer(model, maps, other.requireLevelsOf(model.info().config()));
    }

    /** {@return whether the maps of this scorer tell the class of their image} */
    public boolean recognizes() {
        return model.recognizer() != null;
    }

    /** {@return the model's thresholds; null where this scorer's scoring is not the model's, to which they belong} */
    public @Nullable Thresholds thresholds() {
        return scoring.equals(model.info().scoring()) ? model.info().thresholds() : null;
    }

    /** {@return what the model says of itself} */
    public ModelInfo info() {
        return model.info();
    }

    /** Takes the result of one image of many. */
    @FunctionalInterface
    public interface Sink {
        /**
         * An image was scored.
         *
         * @param index its place in the list
         * @param map its anomaly map and image score; the receiver's to keep
         */
        void accept(int index, AnomalyMap map);

        /**
         * An image that cannot be read, in its turn.
         *
         * @param index place in the list, from 0
         * @param e names it and says why; thrown where this method is not overridden
         */
        default void failed(int index, RlrException e) {
            throw e;
        }
    }

    /**
     * Scores images in order.
     *
     * @param images where they are read from
     * @param sink called once per image, on the calling thread
     * @throws RlrException if one cannot be read, where the sink does not take it otherwise
     */
    public void score(List<ImageSource> images, Sink sink) {
        forEach(images, (index, image) -> sink.accept(index, score(image)), (e, index) -> sink.failed(index, e));
    }

    /** Takes what the maps of one image of many are made of. */
    @FunctionalInterface
    public interface LevelSink {
        /**
         * An image was scored.
         *
         * @param index its place in the list
         * @param scores of all levels of the model; the receiver's to keep
         */
        void accept(int index, LevelScores scores);

        /**
         * An image that cannot be read, in its turn.
         *
         * @param index place in the list, from 0
         * @param e names it and says why; thrown where this method is not overridden
         */
        default void failed(int index, RlrException e) {
            throw e;
        }
    }

    /**
     * Scores the tokens of images in order, at all levels of the model.
     *
     * @param images where they are read from
     * @param sink called once per image, on the calling thread
     * @throws RlrException if one cannot be read, where the sink does not take it otherwise
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
     * @throws RlrException if its tiles would be of too many pixels
     */
    public AnomalyMap score(RgbImage image) {
        return score(prepare(image));
    }

    private AnomalyMap score(FeatureMaps.ImageMaps image) {
        return score(image, new StageClock());
    }

    /** Resizes or cuts an image, of which nothing else is needed. */
    FeatureMaps.ImageMaps prepare(RgbImage image) {
        return computed.of(image);
    }

    AnomalyMap score(FeatureMaps.ImageMaps image, StageClock clock) {
        LevelScores scores = scores(image, scoring.levels(), clock);
        return clock.time(StageClock.Stage.MAP, () -> scores.map(scoring));
    }

    /** Of some levels; the others are not reconstructed. */
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

    /** Of the pooled features of an image's inputs. */
    private @Nullable Recognition recognize(List<float[]> pooled) {
        return model.recognizer() == null ? null : model.recognizer().recognize(pooled);
    }

    private void pool(List<Tensor> maps, List<float[]> pooled) {
        if (model.recognizer() != null) {
            pooled.add(ProductRecognizer.pool(maps));
        }
    }

    /** Of one image or tile at a time: that uses all cores, and its numbers do not depend on what else is scored. */
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
     * Scores one image and keeps its features and their reconstructions, or those of all its tiles; the map is that of
     * {@link #score(RgbImage)}.
     *
     * @param image of any size
     * @return map, features, reconstructions and references
     * @throws RlrException if its tiles would be of too many pixels
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
