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
import org.rlr.tensor.backend.AdamSettings;
import org.rlr.tensor.backend.Backend;
import org.rlr.tensor.nn.Adam;

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
        if (images.isEmpty()) {
            throw new RlrException("there are no training images");
        }
        List<RlrTransformer> levels = new ArrayList<>();
        try {
            Preprocessor preprocessor = new Preprocessor(config.imageHeight(), config.imageWidth(), backbone.normalization());
            List<FeatureStatistics> statistics;
            double loss;
            List<LevelConfig> shapes = config.levels().stream().map(i -> config.level(i, backbone)).toList();
            int[] sizes = shapes.stream().mapToInt(c -> values(c, images.size())).toArray();
            try (FeatureStore features = new FeatureStore(images.size(), sizes)) {
                statistics = backbone.standardized() ? statistics(backbone, preprocessor, images, shapes) : null;
                extract(new FeatureExtractor(backbone, config, statistics), preprocessor, images, sizes, features);
                for (LevelConfig shape : shapes) {
                    levels.add(new RlrTransformer(shape, backend, true));
                }
                loss = optimize(levels, features, images.size());
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

    /** Runs every epoch; returns the mean loss of the last. */
    private double optimize(List<RlrTransformer> levels, FeatureStore features, int images) {
        List<Adam> optimizers = new ArrayList<>();
        try {
            for (int i = 0; i < levels.size(); i++) {
                levels.get(i).parameters().initialize(settings.seed() + 1_000_003L * i);
                optimizers.add(new Adam(levels.get(i).parameters()));
            }
            AdamSettings adam = AdamSettings.DEFAULT.withLearningRate(settings.learningRate());
            Perturbation perturbation = new Perturbation(settings);
            SplittableRandom random = new SplittableRandom(settings.seed());
            int[] order = new int[images];
            java.util.Arrays.setAll(order, i -> i);
            int steps = (images - 1) / settings.batchSize() + 1;
            double mean = 0;
            for (int epoch = 0; epoch < settings.epochs(); epoch++) {
                shuffle(order, random);
                double sum = 0;
                for (int step = 0; step < steps; step++) {
                    int from = step * settings.batchSize();
                    int count = Math.min(settings.batchSize(), images - from);
                    double loss = 0;
                    for (int level = 0; level < levels.size(); level++) {
                        float[] batch = batch(features, level, levels.get(level).config(), order, from, count);
                        loss += step(levels.get(level), optimizers.get(level), adam, perturbation, batch, count, (long) epoch * steps + step, level);
                    }
                    if (!Double.isFinite(loss)) {
                        throw new RlrException("the loss became " + loss + " in epoch " + (epoch + 1) + ", step " + (step + 1) + "; lower --lr (now "
                                + settings.learningRate() + ") or --feature-jitter (now " + settings.featureJitter() + ")");
                    }
                    sum += loss;
                    listener.step(epoch + 1, settings.epochs(), step + 1, steps, loss, count);
                }
                mean = sum / steps;
                listener.epoch(epoch + 1, settings.epochs(), mean);
            }
            return mean;
        } finally {
            optimizers.forEach(Adam::close);
        }
    }

    private static float[] batch(FeatureStore features, int level, LevelConfig c, int[] order, int from, int count) {
        int size = c.tokens() * c.channels();
        float[] batch = new float[count * size];
        for (int i = 0; i < count; i++) {
            features.get(order[from + i], level, batch, i * size);
        }
        return batch;
    }

    private double step(RlrTransformer transformer, Adam optimizer, AdamSettings adam, Perturbation perturbation, float[] batch, int count, long step, int level) {
        LevelConfig c = transformer.config();
        transformer.parameters().zeroGradients();
        double value;
        try (TensorScope scope = TensorScope.open(backend)) {
            Tensor x = Tensor.of(batch, count, c.tokens(), c.channels());
            Tensor loss = transformer.loss(transformer.forward(perturbation.apply(x, step, level)), x);
            loss.backward();
            value = loss.item();
        }
        optimizer.step(adam);
        return value;
    }

    private static void shuffle(int[] order, SplittableRandom random) {
        for (int i = order.length - 1; i > 0; i--) {
            int j = random.nextInt(i + 1);
            int swap = order[i];
            order[i] = order[j];
            order[j] = swap;
        }
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
