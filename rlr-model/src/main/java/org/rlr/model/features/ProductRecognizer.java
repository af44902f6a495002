package org.rlr.model.features;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.rlr.tensor.Tensor;

/**
 * Recognises the class of an image from its pooled features: the mean of each channel over the grid, for all configured
 * levels. The distance of two images is the root mean square of their channel differences, each in units of the
 * standard deviation of the channel's tokens within a class. A class is represented by up to {@value #MOST} of its
 * training images, chosen so that every other one is close to one of them. An image belongs to the class of the nearest
 * of these, unless the distance exceeds the class's limit. Immutable.
 *
 * <p>The limit is twice the 95 % quantile of the distances from the class's training images to their nearest others,
 * and at least {@value #LEAST_LIMIT}. Images of other products differ more than this from all training images;
 * defective images of the class do not.
 */
public final class ProductRecognizer {
    /** Number of training images kept per class. */
    public static final int MOST = 32;

    private static final double LEAST_LIMIT = 0.4;
    private static final double SPREAD = 2;
    private static final double QUANTILE = 0.95;

    private final List<Product> products;
    private final float[] deviation;

    /**
     * A known class. Arrays are not copied.
     *
     * @param name the class
     * @param images pooled features of training images, at least one, {@code [channels]} each
     * @param limit largest distance of an image of the class
     */
    public record Product(String name, List<float[]> images, double limit) {
        /**
         * Copies the list.
         *
         * @param name the class
         * @param images pooled features of training images
         * @param limit largest distance of an image of the class
         */
        public Product {
            images = List.copyOf(images);
        }
    }

    /**
     * Creates a recogniser from parts that fit together.
     *
     * @param products the classes, at least one
     * @param deviation standard deviation of the tokens of each channel within a class, positive, {@code [channels]}
     * @throws IllegalArgumentException if there is no class, an image has another number of channels, a number is not
     *     finite or a deviation not positive
     */
    public ProductRecognizer(List<Product> products, float[] deviation) {
        this.products = List.copyOf(products);
        this.deviation = deviation.clone();
        for (float each : deviation) {
            require(each > 0 && Float.isFinite(each), "a deviation of " + each);
        }
        require(!products.isEmpty(), "no classes");
        for (Product product : products) {
            require(
                    product.limit > 0 && Double.isFinite(product.limit),
                    "a limit of " + product.limit + " for " + product.name);
            require(!product.images.isEmpty(), "no images of " + product.name);
            for (float[] image : product.images) {
                require(
                        image.length == deviation.length,
                        image.length + " channels of " + product.name + " instead of " + deviation.length);
                for (float value : image) {
                    require(Float.isFinite(value), "a feature of " + product.name + " that is " + value);
                }
            }
        }
    }

    private static void require(boolean holds, String what) {
        if (!holds) {
            throw new IllegalArgumentException("classes cannot be recognised by " + what);
        }
    }

    /**
     * Returns the classes that a recogniser knows.
     *
     * @param recognizer a model's recogniser; null for none
     * @return their names; empty for null
     */
    public static List<String> names(@Nullable ProductRecognizer recognizer) {
        return recognizer == null
                ? List.of()
                : recognizer.products().stream().map(Product::name).toList();
    }

    /**
     * Learns a class from the pooled features of its training images.
     *
     * @param name the class
     * @param images pooled features, at least one, {@code [channels]} each
     * @param deviation standard deviation of the tokens of each channel within a class, {@code [channels]}
     * @return the class; the same images in the same order give the same result
     */
    public static Product learn(String name, List<float[]> images, float[] deviation) {
        double[] mean = new double[deviation.length];
        for (float[] image : images) {
            for (int c = 0; c < mean.length; c++) {
                mean[c] += (double) image[c] / images.size();
            }
        }
        float[] centre = new float[mean.length];
        for (int c = 0; c < mean.length; c++) {
            centre[c] = (float) mean[c];
        }
        double[] nearest = distances(centre, images, deviation);
        int next = 0;
        for (int i = 1; i < nearest.length; i++) {
            next = nearest[i] < nearest[next] ? i : next;
        }
        // distance from each image to the nearest image chosen before it, and to the nearest of the others
        Arrays.fill(nearest, Double.POSITIVE_INFINITY);
        double[] apart = nearest.clone();
        List<float[]> chosen = new ArrayList<>();
        while (chosen.size() < MOST && !(nearest[next] <= 0)) {
            double[] distance = distances(images.get(next), images, deviation);
            chosen.add(images.get(next));
            int farthest = 0;
            for (int i = 0; i < distance.length; i++) {
                nearest[i] = Math.min(nearest[i], distance[i]);
                apart[i] = i == next ? apart[i] : Math.min(apart[i], distance[i]);
                farthest = nearest[i] > nearest[farthest] ? i : farthest;
            }
            next = farthest;
        }
        return new Product(name, chosen, limit(apart));
    }

    private static double limit(double[] apart) {
        double[] sorted = Arrays.stream(apart).filter(Double::isFinite).sorted().toArray(); // empty for a single image
        int place = (int) Math.ceil(QUANTILE * sorted.length) - 1;
        return Math.max(LEAST_LIMIT, place < 0 ? 0 : SPREAD * sorted[place]);
    }

    private static double[] distances(float[] from, List<float[]> images, float[] deviation) {
        return images.stream()
                .mapToDouble(image -> distance(from, image, deviation))
                .toArray();
    }

    private static double distance(float[] a, float[] b, float[] deviation) {
        double sum = 0;
        for (int c = 0; c < deviation.length; c++) {
            double d = (a[c] - b[c]) / deviation[c];
            sum += d * d;
        }
        return Math.sqrt(sum / deviation.length);
    }

    /**
     * Computes the mean of each channel over the grid.
     *
     * @param maps maps of an input, per level of the configuration {@code [1, h, w, C]}, as returned by the backbone
     * @return the means of all levels, {@code [channels]}
     */
    public static float[] pool(List<Tensor> maps) {
        float[][] means = maps.stream()
                .map(map ->
                        map.reshape(map.dim(1) * map.dim(2), map.dim(3)).mean(0).toArray())
                .toArray(float[][]::new);
        float[] all =
                new float[Arrays.stream(means).mapToInt(each -> each.length).sum()];
        int at = 0;
        for (float[] each : means) {
            System.arraycopy(each, 0, all, at, each.length);
            at += each.length;
        }
        return all;
    }

    /**
     * Recognises the class of an image.
     *
     * @param inputs pooled features of the image, or of each of its tiles, which are averaged
     * @return the nearest class and the distance from it
     */
    public Recognition recognize(List<float[]> inputs) {
        float[] image = new float[deviation.length];
        for (float[] input : inputs) {
            for (int c = 0; c < image.length; c++) {
                image[c] += input[c] / inputs.size();
            }
        }
        Product found = products.get(0);
        double least = Double.POSITIVE_INFINITY;
        for (Product product : products) {
            for (float[] known : product.images) {
                double distance = distance(image, known, deviation);
                if (distance < least) {
                    least = distance;
                    found = product;
                }
            }
        }
        return new Recognition(found.name, least, found.limit);
    }

    /** {@return the classes} */
    public List<Product> products() {
        return products;
    }

    /** {@return standard deviation of the tokens of each channel within a class, {@code [channels]}} */
    public float[] deviation() {
        return deviation.clone();
    }
}
