package org.rlr.model.detect;

import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.rlr.model.data.Regions;
import org.rlr.model.data.Resize;

/**
 * The score, verdict and anomaly map of one image.
 *
 * <p>A model that {@linkplain org.rlr.model.RlrModel#recognizer recognises} its training classes applies the threshold
 * of the image's class, unless the class is given. An image of any other class is an unknown product: it is always
 * anomalous, and its score is compared with the common threshold.
 *
 * @param score image score: the maximum of the smoothed anomaly map (RLR §9); higher is more anomalous
 * @param normalizedScore the score as 0…1, 0.5 at the threshold ({@link org.rlr.model.config.Threshold#normalized})
 * @param anomalous whether the score exceeds the threshold, or the product is unknown
 * @param threshold the threshold used
 * @param mapHeight rows of the map
 * @param mapWidth columns of the map
 * @param map the anomaly map, row-major, {@code mapHeight·mapWidth} values, unsmoothed; it covers the whole image at
 *     the model's input size, or, if the model cuts images into tiles, at the size before cutting. Not a copy.
 * @param className the given or recognised class; null for an unknown product or if the model recognises no classes
 * @param unknownProduct whether the image belongs to none of the training classes; false if the class was given or the
 *     model recognises no classes
 */
public record Detection(
        double score,
        double normalizedScore,
        boolean anomalous,
        double threshold,
        int mapHeight,
        int mapWidth,
        float[] map,
        @Nullable String className,
        boolean unknownProduct) {
    /**
     * Creates a detection without a class.
     *
     * @param score image score
     * @param normalizedScore the score as 0…1, 0.5 at the threshold
     * @param anomalous whether the score exceeds the threshold
     * @param threshold the threshold used
     * @param mapHeight rows of the map
     * @param mapWidth columns of the map
     * @param map the anomaly map, row-major, {@code mapHeight·mapWidth} values. Not a copy.
     * @throws IllegalArgumentException if the map has more or fewer values
     */
    public Detection(
            double score,
            double normalizedScore,
            boolean anomalous,
            double threshold,
            int mapHeight,
            int mapWidth,
            float[] map) {
        this(score, normalizedScore, anomalous, threshold, mapHeight, mapWidth, map, null, false);
    }

    /**
     * Checks the map's length.
     *
     * @throws IllegalArgumentException if the map has more or fewer values
     */
    public Detection {
        if (mapHeight < 1 || mapWidth < 1 || map.length != (long) mapHeight * mapWidth) {
            throw new IllegalArgumentException(
                    "a map of " + mapWidth + "×" + mapHeight + " cannot have " + map.length + " values");
        }
    }

    /**
     * Scales the map bilinearly to another size, such as the image's. Both sizes cover the whole image: the centre of
     * pixel x lies at {@code (x + 0.5)/width} of its width, and border values are repeated outwards.
     *
     * @param width columns, at least 1
     * @param height rows, at least 1
     * @return {@code height·width} values, row-major
     * @throws IllegalArgumentException if a size is below 1 or their product is larger than an array
     */
    public float[] mapAt(int width, int height) {
        return Resize.bilinear(map, mapHeight, mapWidth, height, width);
    }

    /**
     * Finds the connected parts of the map above a threshold, in pixels of the map; pixels that touch at a corner are
     * connected. An anomalous image has at least one region above its own {@link #threshold()}. A normal image may have
     * some, too: the image score is computed after smoothing, regions before it.
     *
     * @param above threshold; larger values belong to a region
     * @return the regions, the largest peak first
     */
    public List<Region> regions(double above) {
        boolean[] mask = new boolean[map.length];
        for (int i = 0; i < mask.length; i++) {
            mask[i] = map[i] > above;
        }
        Regions regions = Regions.of(mask, mapHeight, mapWidth);
        int[] peaks = new int[regions.areas().length];
        int[][] boxes = new int[peaks.length][];
        for (int i = 0; i < mask.length; i++) {
            int label = regions.labels()[i];
            if (label < 0) {
                continue;
            }
            int x = i % mapWidth;
            int y = i / mapWidth;
            int[] box = boxes[label];
            if (box == null) {
                boxes[label] = new int[] {x, y, x, y};
                peaks[label] = i;
                continue;
            }
            box[0] = Math.min(box[0], x);
            box[2] = Math.max(box[2], x);
            box[3] = y; // rows come in order
            peaks[label] = map[i] > map[peaks[label]] ? i : peaks[label];
        }
        return IntStream.range(0, peaks.length)
                .mapToObj(i -> new Region(
                        boxes[i][0],
                        boxes[i][1],
                        boxes[i][2] - boxes[i][0] + 1,
                        boxes[i][3] - boxes[i][1] + 1,
                        regions.areas()[i],
                        map[peaks[i]],
                        peaks[i] % mapWidth,
                        peaks[i] / mapWidth))
                .sorted(Comparator.comparingDouble(Region::peak).reversed())
                .toList();
    }

    /**
     * Finds the same regions in pixels of an image; boxes are rounded outwards.
     *
     * @param above threshold; larger values belong to a region
     * @param width width of the image, at least 1
     * @param height height of the image, at least 1
     * @return the regions, the largest peak first
     * @throws IllegalArgumentException if a size is below 1
     */
    public List<Region> regions(double above, int width, int height) {
        if (width < 1 || height < 1) {
            throw new IllegalArgumentException("an image cannot have " + width + "×" + height + " pixels");
        }
        return regions(above).stream()
                .map(region -> region.scaled(mapWidth, mapHeight, width, height))
                .toList();
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof Detection that
                && Double.compare(score, that.score) == 0
                && Double.compare(normalizedScore, that.normalizedScore) == 0
                && anomalous == that.anomalous
                && Double.compare(threshold, that.threshold) == 0
                && mapHeight == that.mapHeight
                && mapWidth == that.mapWidth
                && Objects.equals(className, that.className)
                && unknownProduct == that.unknownProduct
                && Arrays.equals(map, that.map);
    }

    @Override
    public int hashCode() {
        return Objects.hash(score, threshold, mapHeight, mapWidth);
    }

    /** {@return score, verdict, threshold, size of the map and class} */
    @Override
    public String toString() {
        return "Detection[score=" + score + ", normalizedScore=" + normalizedScore + ", anomalous=" + anomalous
                + ", threshold=" + threshold + ", map=" + mapWidth + "×" + mapHeight
                + (className == null ? "" : ", className=" + className)
                + (unknownProduct ? ", unknownProduct" : "") + "]";
    }
}
