package org.rlr.model.train;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.rlr.model.FeatureExtractor;
import org.rlr.model.FeatureStatistics;
import org.rlr.model.LevelConfig;
import org.rlr.model.ModelInfo;
import org.rlr.model.RlrConfig;
import org.rlr.model.RlrModel;
import org.rlr.model.RlrTransformer;
import org.rlr.model.ScoreStatistics;
import org.rlr.model.backbone.Backbone;
import org.rlr.model.backbone.scattering.ChannelStatistics;
import org.rlr.model.backbone.scattering.Scattering;
import org.rlr.model.data.ImageBatches;
import org.rlr.model.data.Preprocessor;
import org.rlr.model.detect.AnomalyScorer;
import org.rlr.tensor.RlrException;
import org.rlr.tensor.Tensor;
import org.rlr.tensor.TensorScope;
import org.rlr.tensor.backend.Backend;

/**
 * Trains one model on normal images of all classes together (RLR §1 to §8). Features of the frozen backbone are computed once and kept; every
 * epoch reads them in a new random order. The same seed gives the same model, bit for bit, on the same kernels.
 */
public final class Trainer {
    /** Images whose features are computed together; more would only cost memory. */
    private static final int FEATURE_BATCH = 8;
    /** The longest array. */
    private static final int MOST_VALUES = Integer.MAX_VALUE - 8;

    private final Backend backend;
    private final RlrConfig config;
    private final TrainingSettings settings;
    private final TrainingListener listener;

    /** A trainer on a backend. */
    public Trainer(Backend backend, RlrConfig config, TrainingSettings settings, TrainingListener listener) {
        this.backend = backend;
        this.config = config;
        this.settings = settings;
        this.listener = listener;
    }

    /**
     * Trains on image files.
     *
     * @param backbone the feature extractor that the configuration names; the model takes it over, it is closed if training fails
     * @param images   normal images
     * @param classes  names of their classes, for the model's description
     * @return the model, with the threshold that its own training images give
     * @throws RlrException if an image cannot be read, memory is short or the loss is no longer finite
     */
    public RlrModel train(Backbone backbone, List<Path> images, List<String> classes) {
        return train(backbone, images, classes, TrainingCheckpoints.NONE);
    }

    /**
     * As {@link #train(Backbone, List, List)}, leaving the training's state behind now and then, or going on from one: a training that was ended at
     * any moment and is gone on with gives the same model, bit for bit, as one left alone.
     *
     * @throws RlrException as that, or if a state cannot be read or written, or is another training's
     */
    public RlrModel train(Backbone backbone, List<Path> images, List<String> classes, TrainingCheckpoints checkpoints) {
        if (images.isEmpty()) {
            throw new RlrException("there are no training images");
        }
        List<RlrTransformer> levels = new ArrayList<>();
        try {
            Preprocessor preprocessor = new Preprocessor(config.imageHeight(), config.imageWidth(), backbone.normalization());
            List<FeatureStatistics> statistics;
            double loss;
            TrainingIdentity identity = checkpoints.equals(TrainingCheckpoints.NONE) ? null : TrainingIdentity.of(config, settings, images, backbone);
            TrainingState resumed = checkpoints.resume() == null ? null : resume(checkpoints.resume(), identity);
            List<LevelConfig> shapes = config.levels().stream().map(i -> config.level(i, backbone)).toList();
            int[] sizes = shapes.stream().mapToInt(c -> values(c, images.size())).toArray();
            try (FeatureStore features = new FeatureStore(images.size(), sizes)) {
                statistics = backbone.standardized() ? statistics(backbone, preprocessor, images, shapes) : null;
                extract(new FeatureExtractor(backbone, config, statistics), preprocessor, images, sizes, features);
                for (LevelConfig shape : shapes) {
                    levels.add(new RlrTransformer(shape, backend, true));
                }
                loss = new TrainingLoop(backend, settings, listener, levels, features, images.size()).run(resumed, (epoch, mean, optimizers) -> {
                    if (checkpoints.file() != null && (epoch % checkpoints.every() == 0 || epoch == settings.epochs())) {
                        TrainingState.of(epoch, mean, levels, optimizers).save(checkpoints.file(), identity);
                    }
                });
            }
            for (int i = 0; i < levels.size(); i++) {
                levels.set(i, forInference(levels.get(i)));
            }
            ModelInfo unscored = new ModelInfo(config, settings, List.copyOf(classes), images.size(), loss, null);
            RlrModel model = new RlrModel(backend, unscored, backbone, statistics, levels);
            ScoreStatistics scores = scores(model, images, listener);
            return new RlrModel(backend, new ModelInfo(config, settings, List.copyOf(classes), images.size(), loss, scores), backbone, statistics, levels);
        } catch (Throwable t) {
            levels.forEach(RlrTransformer::close);
            backbone.close();
            throw t;
        }
    }

    private TrainingState resume(Path file, TrainingIdentity identity) {
        TrainingState state = TrainingState.load(file, identity);
        if (state.epochs() > settings.epochs()) {
            throw new RlrException(file + " has " + state.epochs() + " epochs behind it, more than --epochs " + settings.epochs() + "; raise --epochs");
        }
        return state;
    }

    /** Values per image of a level. @throws RlrException if those of a batch are more than an array holds */
    private int values(LevelConfig c, int images) {
        long values = (long) c.tokens() * c.channels();
        int batch = Math.min(Math.max(FEATURE_BATCH, settings.batchSize()), images);
        if (batch * values > MOST_VALUES || batch * 3L * config.imageHeight() * config.imageWidth() > MOST_VALUES) {
            throw new RlrException("batches of " + batch + " images of " + config.imageWidth() + "x" + config.imageHeight()
                    + " pixels are larger than an array can be; lower --image-size or --batch-size");
        }
        return (int) values;
    }

    /** Mean and deviation of the raw feature maps, in a first pass over the images. */
    private List<FeatureStatistics> statistics(Backbone backbone, Preprocessor preprocessor, List<Path> images, List<LevelConfig> shapes) {
        List<ChannelStatistics> sums = shapes.stream().map(c -> new ChannelStatistics(c.channels())).toList();
        new ImageBatches(preprocessor, FEATURE_BATCH).forEach(images, (first, count, pixels) -> {
            try (TensorScope scope = TensorScope.inference(backend)) {
                List<Tensor> maps = backbone.features(input(pixels, count), config.levels());
                for (int i = 0; i < maps.size(); i++) {
                    sums.get(i).add(maps.get(i).toArray());
                }
            }
            listener.features(first + count, 2 * images.size());
        });
        return sums.stream().map(s -> new FeatureStatistics(s.mean(), s.standardDeviation(Scattering.DEVIATION_FLOOR))).toList();
    }

    private void extract(FeatureExtractor extractor, Preprocessor preprocessor, List<Path> images, int[] sizes, FeatureStore features) {
        boolean second = extractor.standardized();
        new ImageBatches(preprocessor, FEATURE_BATCH).forEach(images, (first, count, pixels) -> {
            try (TensorScope scope = TensorScope.inference(backend)) {
                List<Tensor> tokens = extractor.tokens(input(pixels, count));
                for (int level = 0; level < tokens.size(); level++) {
                    float[] values = tokens.get(level).toArray();
                    for (int i = 0; i < count; i++) {
                        features.put(first + i, level, values, i * sizes[level]);
                    }
                }
            }
            int done = first + count;
            listener.features(second ? images.size() + done : done, second ? 2 * images.size() : images.size());
        });
    }

    private Tensor input(float[] pixels, int count) {
        return Tensor.of(pixels, count, config.imageHeight(), config.imageWidth(), 3);
    }

    /** The same parameters without gradients; closes the transformer given. */
    private RlrTransformer forInference(RlrTransformer trained) {
        RlrTransformer copy = new RlrTransformer(trained.config(), backend, false);
        copy.parameters().copyFrom(trained.parameters());
        trained.close();
        return copy;
    }

    /** Scores of normal images and the threshold that they give. @throws RlrException if an image cannot be read */
    public static ScoreStatistics scores(RlrModel model, List<Path> images, TrainingListener listener) {
        AnomalyScorer scorer = new AnomalyScorer(model);
        double[] scores = new double[images.size()];
        double[] range = {Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY};
        int[] done = {0};
        scorer.score(images, (index, map) -> {
            scores[index] = map.imageScore();
            for (float v : map.values()) {
                range[0] = Math.min(range[0], v);
                range[1] = Math.max(range[1], v);
            }
            listener.scores(++done[0], images.size());
        });
        return ScoreStatistics.of(scores, range[0], range[1]);
    }
}
