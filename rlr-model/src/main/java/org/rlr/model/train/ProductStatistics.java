package org.rlr.model.train;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.rlr.model.config.LevelConfig;
import org.rlr.model.features.FeatureMaps;
import org.rlr.model.features.ProductRecognizer;
import org.rlr.tensor.Tensor;

/**
 * Collects the pooled features of training images and the variance of tokens within a class. Keeps features that are
 * not finite: the loss reports them.
 */
final class ProductStatistics {
    /**
     * The least deviation of a channel, relative to the mean deviation of its level: colour channels of grey images
     * have none.
     */
    private static final double LEAST_DEVIATION = 0.1;

    private final int[] channels;
    private final List<String> labels;
    /** The number of inputs per image. */
    private final int[] counts;
    /** The image of each input, which is the whole image or a tile. */
    private final int[] images;
    /** The pooled channels of all levels, per image. */
    private final List<float[]> pooled;

    private final Map<String, Tokens> tokens = new LinkedHashMap<>();
    /** The token sums of each image's class. */
    private final List<Tokens> ofImage;

    /** Sums over the tokens of a class, per channel. */
    private static final class Tokens {
        private final double[] sum;
        private final double[] squares;
        private int inputs;

        Tokens(int channels) {
            sum = new double[channels];
            squares = new double[channels];
        }
    }

    private ProductStatistics(int[] channels, List<String> labels, int[] counts) {
        this.channels = channels;
        this.labels = labels;
        this.counts = counts;
        images = IntStream.range(0, counts.length)
                .flatMap(i -> IntStream.generate(() -> i).limit(counts[i]))
                .toArray();
        int all = IntStream.of(channels).sum();
        pooled = labels.stream().map(label -> new float[all]).toList();
        ofImage = labels.stream()
                .map(label -> tokens.computeIfAbsent(label, name -> new Tokens(all)))
                .toList();
    }

    /** Creates empty statistics; null if the classes of the images are not known. */
    static @Nullable ProductStatistics of(List<LevelConfig> levels, TrainingImages images, FeatureMaps maps) {
        return images.labels().isEmpty()
                ? null
                : new ProductStatistics(
                        levels.stream().mapToInt(LevelConfig::channels).toArray(),
                        images.labels(),
                        images.training().stream()
                                .mapToInt(image -> maps.count(List.of(image)))
                                .toArray());
    }

    /** Adds consecutive inputs; ignores those after the last training image. */
    void add(int first, int count, List<Tensor> maps) {
        int end = Math.min(first + count, images.length);
        int offset = 0;
        for (int level = 0; level < channels.length && first < end; level++) {
            float[] values = maps.get(level).toArray();
            for (int input = first; input < end; input++) {
                add(
                        images[input],
                        values,
                        values.length / count * (input - first),
                        values.length / count,
                        offset,
                        level);
            }
            offset += channels[level];
        }
    }

    private void add(int image, float[] values, int from, int size, int offset, int level) {
        Tokens own = ofImage.get(image);
        double[] sum = new double[channels[level]];
        int grid = size / sum.length;
        for (int i = 0; i < size; i++) {
            double value = values[from + i];
            sum[i % sum.length] += value;
            own.squares[offset + i % sum.length] += value * value / grid;
        }
        float[] mean = pooled.get(image);
        for (int c = 0; c < sum.length; c++) {
            own.sum[offset + c] += sum[c] / grid;
            mean[offset + c] += (float) (sum[c] / grid / counts[image]);
        }
        own.inputs += level == 0 ? 1 : 0;
    }

    /** Returns a recogniser of the classes of the added images. */
    ProductRecognizer recognizer() {
        float[] deviation = deviation();
        List<ProductRecognizer.Product> products = new ArrayList<>();
        for (String name : tokens.keySet()) {
            List<float[]> own = IntStream.range(0, labels.size())
                    .filter(i -> labels.get(i).equals(name))
                    .mapToObj(pooled::get)
                    .toList();
            products.add(ProductRecognizer.learn(name, own, deviation));
        }
        return new ProductRecognizer(products, deviation);
    }

    /** Returns the deviation of tokens within a class, from the mean of the classes' variances. */
    private float[] deviation() {
        float[] all = new float[IntStream.of(channels).sum()];
        int offset = 0;
        for (int level : channels) {
            double mean = 0;
            double[] deviation = new double[level];
            for (int c = 0; c < level; c++) {
                double variance = 0;
                for (Tokens own : tokens.values()) {
                    double average = own.sum[offset + c] / own.inputs;
                    variance += Math.max(0, own.squares[offset + c] / own.inputs - average * average) / tokens.size();
                }
                deviation[c] = Math.sqrt(variance);
                mean += deviation[c] / level;
            }
            for (int c = 0; c < level; c++) {
                all[offset + c] = (float) Math.max(deviation[c], Math.max(LEAST_DEVIATION * mean, Float.MIN_NORMAL));
            }
            offset += level;
        }
        return all;
    }
}
