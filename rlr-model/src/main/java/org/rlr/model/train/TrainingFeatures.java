package org.rlr.model.train;

import java.nio.file.Path;
import java.util.List;
import org.rlr.model.FeatureExtractor;
import org.rlr.model.FeatureStatistics;
import org.rlr.model.LevelConfig;
import org.rlr.model.RlrConfig;
import org.rlr.model.backbone.Backbone;
import org.rlr.model.backbone.scattering.ChannelStatistics;
import org.rlr.model.backbone.scattering.Scattering;
import org.rlr.model.data.ImageBatches;
import org.rlr.model.data.ImageReader;
import org.rlr.tensor.RlrException;
import org.rlr.tensor.Tensor;
import org.rlr.tensor.TensorScope;
import org.rlr.tensor.backend.Backend;

/** The features of a training's images by the frozen backbone: those learned from, then those held out. */
final class TrainingFeatures implements AutoCloseable {
    /** Images whose features are computed together; more would only cost memory. */
    private static final int FEATURE_BATCH = 8;
    /** The longest array. */
    private static final int MOST_VALUES = Integer.MAX_VALUE - 8;

    /** Of the mean deviation of a level's channels. */
    private static final double LEAST_DEVIATION = 0.02;

    private final Backend backend;
    private final RlrConfig config;
    private final TrainingListener listener;
    private final Backbone backbone;
    private final ImageReader reader;
    private final int training;
    private final int inputs;
    private final FeatureStore store;
    private final List<FeatureStatistics> statistics;

    /**
     * Computes them.
     *
     * @param batch images per step
     * @throws RlrException if an image cannot be read, or a batch is more than an array holds
     */
    TrainingFeatures(Backend backend, RlrConfig config, TrainingListener listener, Backbone backbone, TrainingImages images, List<LevelConfig> shapes, int batch) {
        this.backend = backend;
        this.config = config;
        this.listener = listener;
        this.backbone = backbone;
        reader = new ImageReader(config, backbone.normalization());
        List<Path> all = images.all();
        training = reader.count(images.training());
        inputs = training + reader.count(images.validation());
        int[] sizes = shapes.stream().mapToInt(c -> values(c, Math.min(Math.max(FEATURE_BATCH, batch), inputs))).toArray();
        store = new FeatureStore(inputs, sizes);
        try {
            boolean standardized = config.standardized(backbone);
            int first = standardized ? training : 0;
            statistics = standardized ? statistics(images.training(), shapes, first + inputs) : null;
            extract(new FeatureExtractor(backbone, config, statistics), all, sizes, first);
        } catch (Throwable t) {
            store.close();
            throw t;
        }
    }

    /** Images learned from, or their tiles. */
    int training() {
        return training;
    }

    /** Images held out, or their tiles. */
    int validation() {
        return inputs - training;
    }

    /** By image or tile, those learned from first. */
    FeatureStore store() {
        return store;
    }

    /** By which they are standardised, per level; null where they are not. */
    List<FeatureStatistics> statistics() {
        return statistics;
    }

    /** Values per image of a level. @throws RlrException if those of a batch are more than an array holds */
    private int values(LevelConfig c, int batch) {
        long values = (long) c.tokens() * c.channels();
        if (batch * values > MOST_VALUES || batch * 3L * config.imageHeight() * config.imageWidth() > MOST_VALUES) {
            throw new RlrException("batches of " + batch + " images of " + config.imageHeight() + "x" + config.imageWidth()
                    + " pixels (height x width) are larger than an array can be; lower --image-size or --batch-size");
        }
        return (int) values;
    }

    /** Mean and deviation of the raw feature maps of the images learned from, in a first pass over them. */
    private List<FeatureStatistics> statistics(List<Path> images, List<LevelConfig> shapes, int total) {
        List<ChannelStatistics> sums = shapes.stream().map(c -> new ChannelStatistics(c.channels())).toList();
        new ImageBatches(reader, FEATURE_BATCH).forEach(images, (first, count, pixels) -> {
            try (TensorScope scope = TensorScope.inference(backend)) {
                List<Tensor> maps = backbone.features(input(pixels, count), config.levels());
                for (int i = 0; i < maps.size(); i++) {
                    sums.get(i).add(maps.get(i).toArray());
                }
            }
            listener.features(first + count, total);
        });
        return sums.stream().map(s -> new FeatureStatistics(s.mean(), s.standardDeviation(floor(s)))).toList();
    }

    /** Below this a channel's deviation counts for nothing: it would blow up what the channel does on a new image. */
    private float floor(ChannelStatistics s) {
        if (backbone.standardized()) {
            return Scattering.DEVIATION_FLOOR;
        }
        double mean = 0;
        float[] deviations = s.standardDeviation(Float.MIN_NORMAL);
        for (float each : deviations) {
            mean += each / deviations.length;
        }
        return (float) (LEAST_DEVIATION * mean);
    }

    private void extract(FeatureExtractor extractor, List<Path> images, int[] sizes, int done) {
        new ImageBatches(reader, FEATURE_BATCH).forEach(images, (first, count, pixels) -> {
            try (TensorScope scope = TensorScope.inference(backend)) {
                List<Tensor> tokens = extractor.tokens(input(pixels, count));
                for (int level = 0; level < tokens.size(); level++) {
                    float[] values = tokens.get(level).toArray();
                    for (int i = 0; i < count; i++) {
                        store.put(first + i, level, values, i * sizes[level]);
                    }
                }
            }
            listener.features(done + first + count, done + inputs);
        });
    }

    private Tensor input(float[] pixels, int count) {
        return Tensor.of(pixels, count, config.imageHeight(), config.imageWidth(), 3);
    }

    @Override
    public void close() {
        store.close();
    }
}
