package org.rlr.model.train;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.rlr.model.backbone.Backbone;
import org.rlr.model.backbone.scattering.ChannelStatistics;
import org.rlr.model.config.LevelConfig;
import org.rlr.model.config.RlrConfig;
import org.rlr.model.data.ImageSource;
import org.rlr.model.features.ComputedFeatureMaps;
import org.rlr.model.features.FeatureExtractor;
import org.rlr.model.features.FeatureMaps;
import org.rlr.model.features.FeatureStatistics;
import org.rlr.tensor.ResourceException;
import org.rlr.tensor.Tensor;
import org.rlr.tensor.TensorScope;
import org.rlr.tensor.backend.Backend;

/** The tokens of a training's images: training images first, then held-out images. */
final class TrainingFeatures implements AutoCloseable {
    /** The length of the longest array. */
    private static final int MOST_VALUES = Integer.MAX_VALUE - 8;

    /** The least deviation of a channel where the settings have none, relative to the mean of its level's channels. */
    private static final double LEAST_DEVIATION = 0.02;

    private final Backend backend;
    private final TrainingListener listener;
    private final Backbone backbone;
    private final FeatureMaps maps;
    private final int training;
    private final int inputs;
    private final FeatureStore store;
    private final @Nullable List<FeatureStatistics> statistics;
    private final @Nullable ProductStatistics products;

    /**
     * Computes the tokens from the backbone's feature maps.
     *
     * @param maps computes the feature maps
     * @param batch images per step
     * @param memoryLimit bytes; larger features are kept on disk
     * @throws org.rlr.tensor.RlrException if an image cannot be read, or a batch does not fit into an array
     */
    TrainingFeatures(
            Backend backend,
            RlrConfig config,
            TrainingListener listener,
            Backbone backbone,
            FeatureMaps maps,
            TrainingImages images,
            List<LevelConfig> shapes,
            int batch,
            long memoryLimit) {
        this.backend = backend;
        this.listener = listener;
        this.backbone = backbone;
        this.maps = maps;
        List<ImageSource> all = images.all();
        training = maps.count(images.training());
        inputs = training + maps.count(images.validation());
        store = new FeatureStore(
                inputs,
                sizes(config, shapes, Math.min(Math.max(ComputedFeatureMaps.BATCH, batch), inputs)),
                memoryLimit);
        try {
            boolean standardized = FeatureExtractor.standardized(config, backbone);
            int first = standardized ? training : 0;
            statistics = standardized ? statistics(config, images.training(), shapes, first + inputs) : null;
            products = ProductStatistics.of(shapes, images, maps);
            extract(new FeatureExtractor(backbone, config, statistics), all, first);
        } catch (Throwable t) {
            store.close();
            throw t;
        }
    }

    /** Returns the number of training images, or of their tiles. */
    int training() {
        return training;
    }

    /** Returns the number of held-out images, or of their tiles. */
    int validation() {
        return inputs - training;
    }

    /** Returns how many times the features of an image were computed: in two passes if they are standardised. */
    int computed() {
        return statistics == null ? inputs : training + inputs;
    }

    /** Returns the features by image or tile, training images first. */
    FeatureStore store() {
        return store;
    }

    /** Returns the statistics of standardised features, per level; null if they are not standardised. */
    @Nullable
    List<FeatureStatistics> statistics() {
        return statistics;
    }

    /** Returns the statistics of the training images' classes; null if the classes are not known. */
    @Nullable
    ProductStatistics products() {
        return products;
    }

    /**
     * Returns the values per image of each level. @throws org.rlr.tensor.RlrException if a batch does not fit into an
     * array
     */
    static int[] sizes(RlrConfig config, List<LevelConfig> shapes, int batch) {
        for (LevelConfig c : shapes) {
            if ((long) batch * c.tokens() * c.channels() > MOST_VALUES
                    || batch * 3L * config.imageHeight() * config.imageWidth() > MOST_VALUES) {
                throw new ResourceException(
                        ResourceException.Resource.MEMORY,
                        "batches of " + batch + " images of " + config.imageWidth() + "×" + config.imageHeight()
                                + " pixels do not fit into an array",
                        "lower `imageSize` or `batchSize`",
                        null);
            }
        }
        return shapes.stream().mapToInt(c -> c.tokens() * c.channels()).toArray();
    }

    /** Computes mean and deviation of the raw feature maps of the training images, in a first pass over them. */
    private List<FeatureStatistics> statistics(
            RlrConfig config, List<ImageSource> images, List<LevelConfig> shapes, int total) {
        List<ChannelStatistics> sums =
                shapes.stream().map(c -> new ChannelStatistics(c.channels())).toList();
        maps.forEachBatch(images, (first, count, batch) -> {
            try (TensorScope scope = TensorScope.inference(backend)) {
                List<Tensor> levels = batch.get();
                for (int i = 0; i < levels.size(); i++) {
                    sums.get(i).add(levels.get(i).toArray());
                }
            }
            listener.features(first + count, total);
        });
        return sums.stream()
                .map(s -> new FeatureStatistics(s.mean(), s.standardDeviation(floor(s, config))))
                .toList();
    }

    /** Returns the least deviation of a channel: a smaller one would amplify the channel's noise on new images. */
    private float floor(ChannelStatistics s, RlrConfig config) {
        Double chosen = config.leastDeviation();
        if (chosen == null && backbone.info().standardized()) {
            return backbone.info().deviationFloor();
        }
        double mean = 0;
        float[] deviations = s.standardDeviation(Float.MIN_NORMAL);
        for (float each : deviations) {
            mean += each / deviations.length;
        }
        double least = chosen == null ? LEAST_DEVIATION : chosen;
        return Math.max(backbone.info().deviationFloor(), Math.max(Float.MIN_NORMAL, (float) (least * mean)));
    }

    private void extract(FeatureExtractor extractor, List<ImageSource> images, int done) {
        maps.forEachBatch(images, (first, count, batch) -> {
            try (TensorScope scope = TensorScope.inference(backend)) {
                List<Tensor> levels = batch.get();
                store.put(first, count, extractor.tokens(levels));
                if (products != null) {
                    products.add(first, count, levels);
                }
            }
            listener.features(done + first + count, done + inputs);
        });
    }

    @Override
    public void close() {
        store.close();
    }
}
