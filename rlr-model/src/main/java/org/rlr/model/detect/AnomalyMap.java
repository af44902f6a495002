package org.rlr.model.detect;

import java.util.Arrays;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.rlr.model.config.Scoring;
import org.rlr.model.data.TileGrid;
import org.rlr.model.features.Recognition;

/**
 * Where an image is anomalous and how much: a map as large as the model's input, or, where the model cuts images into
 * tiles, as the image that is cut. The values depend on the model, and are comparable between images of one model only.
 */
public final class AnomalyMap {
    private final float[] values;
    private final int height;
    private final int width;
    private final double smoothing;
    private final Supplier<AnomalyMap> recompute;
    private final @Nullable Recognition recognition;

    private AnomalyMap(float[] values, int height, int width, double smoothing, Supplier<AnomalyMap> recompute) {
        this(values, height, width, smoothing, recompute, null);
    }

    private AnomalyMap(
            float[] values,
            int height,
            int width,
            double smoothing,
            Supplier<AnomalyMap> recompute,
            @Nullable Recognition recognition) {
        this.recompute = recompute;
        this.recognition = recognition;
        this.values = values;
        this.height = height;
        this.width = width;
        this.smoothing = smoothing;
    }

    /**
     * The scores of a level's tokens: how far each is from its reconstruction (RLR §9).
     *
     * @param scores row-major, {@code height * width}
     * @param height rows of the level's grid
     * @param width columns of the level's grid
     */
    public record Level(float[] scores, int height, int width) {
        /**
         * Checks the length.
         *
         * @param scores row-major, {@code height * width}
         * @param height rows of the level's grid
         * @param width columns of the level's grid
         * @throws IllegalArgumentException if the grid is empty or the number of scores is another
         */
        public Level {
            if (height < 1 || width < 1 || scores.length != height * width) {
                throw new IllegalArgumentException(scores.length + " scores are not a grid of " + width + "×" + height);
            }
        }
    }

    /**
     * The map of an image: each level's scores upsampled bilinearly, the corners aligned, to {@code height × width},
     * and averaged over the levels; its image score by the published smoothing.
     *
     * @param levels of the image, at least one
     * @param height rows of the map in pixels, at least 1
     * @param width columns of the map in pixels, at least 1
     * @return the map
     * @throws IllegalArgumentException if there are no levels or the map is empty
     */
    public static AnomalyMap of(List<Level> levels, int height, int width) {
        return of(levels, ones(levels.size()), Scoring.SMOOTHING, height, width);
    }

    /**
     * The same with weights of the levels and another smoothing ({@link Scoring}).
     *
     * @param levels of the image, at least one
     * @param weights a weight per level, above 0; the map is {@code Σ w·map / Σ w}
     * @param smoothing standard deviation in pixels; 0 for none
     * @param height rows of the map in pixels, at least 1
     * @param width columns of the map in pixels, at least 1
     * @return the map
     * @throws IllegalArgumentException if there are no levels, another number of weights, or the map is empty
     */
    public static AnomalyMap of(List<Level> levels, double[] weights, double smoothing, int height, int width) {
        if (levels.isEmpty() || weights.length != levels.size() || height < 1 || width < 1) {
            throw new IllegalArgumentException("no map of " + levels.size() + " levels and " + weights.length
                    + " weights at " + width + "×" + height);
        }
        List<Level> kept = List.copyOf(levels);
        return new AnomalyMap(
                floats(averaged(levels, weights, height, width)),
                height,
                width,
                smoothing,
                () -> of(kept, weights, smoothing, height, width));
    }

    /**
     * The map of an image of tiles: each tile's map as of {@link #of(List, int, int)}, blended where they overlap by
     * weights that sum to one.
     *
     * @param grid where the tiles lie
     * @param tiles levels of each tile
     * @return a map as large as the image that is cut
     * @throws IllegalArgumentException if there are more or fewer tiles than the grid has
     */
    public static AnomalyMap of(TileGrid grid, List<List<Level>> tiles) {
        return of(grid, tiles, ones(tiles.isEmpty() ? 0 : tiles.get(0).size()), Scoring.SMOOTHING);
    }

    /**
     * The same with weights of the levels and another smoothing, as {@link #of(List, double[], double, int, int)}.
     *
     * @param grid where the tiles lie
     * @param tiles levels of each tile
     * @param weights a weight per level, above 0
     * @param smoothing standard deviation in pixels; 0 for none
     * @return a map as large as the image that is cut
     * @throws IllegalArgumentException if there are more or fewer tiles than the grid has
     */
    public static AnomalyMap of(TileGrid grid, List<List<Level>> tiles, double[] weights, double smoothing) {
        if (tiles.size() != grid.count()) {
            throw new IllegalArgumentException(tiles.size() + " tiles instead of " + grid.count());
        }
        double[] sum = new double
                [Math.multiplyExact(grid.image().height(), grid.image().width())];
        for (int tile = 0; tile < tiles.size(); tile++) {
            grid.add(tile, averaged(tiles.get(tile), weights, grid.tileHeight(), grid.tileWidth()), sum);
        }
        List<List<Level>> kept = tiles.stream().map(List::copyOf).toList();
        return new AnomalyMap(
                floats(sum),
                grid.image().height(),
                grid.image().width(),
                smoothing,
                () -> of(grid, kept, weights, smoothing));
    }

    private static double[] ones(int count) {
        double[] ones = new double[count];
        Arrays.fill(ones, 1);
        return ones;
    }

    private static double[] averaged(List<Level> levels, double[] weights, int height, int width) {
        double[] sum = new double[height * width];
        double total = 0;
        for (int i = 0; i < weights.length; i++) {
            addUpsampled(levels.get(i), weights[i], sum, height, width);
            total += weights[i];
        }
        for (int i = 0; i < sum.length; i++) {
            sum[i] /= total;
        }
        return sum;
    }

    private static float[] floats(double[] values) {
        float[] floats = new float[values.length];
        for (int i = 0; i < floats.length; i++) {
            floats[i] = (float) values[i];
        }
        return floats;
    }

    private static void addUpsampled(Level level, double weight, double[] sum, int height, int width) {
        float[] scores = level.scores;
        for (int y = 0; y < height; y++) {
            double row = position(y, height, level.height);
            int top = (int) row;
            int bottom = Math.min(top + 1, level.height - 1);
            double down = row - top;
            for (int x = 0; x < width; x++) {
                double column = position(x, width, level.width);
                int left = (int) column;
                int right = Math.min(left + 1, level.width - 1);
                double along = column - left;
                double above =
                        scores[top * level.width + left] * (1 - along) + scores[top * level.width + right] * along;
                double below = scores[bottom * level.width + left] * (1 - along)
                        + scores[bottom * level.width + right] * along;
                sum[y * width + x] += weight * (above * (1 - down) + below * down);
            }
        }
    }

    /** Where a pixel lies on the grid: the first and last pixels on the first and last token. */
    private static double position(int pixel, int pixels, int tokens) {
        return pixels == 1 ? 0 : (double) pixel * (tokens - 1) / (pixels - 1);
    }

    /**
     * The values, row-major, not smoothed, as pixel metrics use them; not a copy.
     *
     * @return {@code height·width} scores
     */
    public float[] values() {
        return values;
    }

    /** {@return rows, in pixels} */
    public int height() {
        return height;
    }

    /** {@return columns, in pixels} */
    public int width() {
        return width;
    }

    /**
     * The same map of an image whose class was looked for.
     *
     * @param found the class that it was recognised as
     * @return a map of these values
     */
    public AnomalyMap with(Recognition found) {
        Supplier<AnomalyMap> again = recompute;
        return new AnomalyMap(
                values, height, width, smoothing, () -> again.get().with(found), found);
    }

    /** {@return the class that the image was recognised as; null where the model recognises none} */
    public @Nullable Recognition recognition() {
        return recognition;
    }

    /**
     * Recomputes the map from the tokens' scores, which take a fiftieth of its memory.
     *
     * @return a supplier of equal maps; it keeps the scores, not this map
     */
    public Supplier<AnomalyMap> recompute() {
        return recompute;
    }

    /**
     * The map after a Gaussian filter, row-major; not a copy where it is not smoothed.
     *
     * @return {@code height·width} scores
     */
    public float[] smoothed() {
        return smoothed(smoothing);
    }

    private float[] smoothed(double sigma) {
        return sigma == 0 ? values : new GaussianFilter(sigma).apply(values, height, width);
    }

    /**
     * The score of the image: the maximum of the smoothed map.
     *
     * @return NaN where a value of the map is
     */
    public float imageScore() {
        return imageScore(smoothing);
    }

    /**
     * The score by another smoothing.
     *
     * @param sigma standard deviation in pixels; 0 for none
     * @return the maximum of the map smoothed so
     * @throws IllegalArgumentException if sigma is neither 0 nor above 0 and below 1e6
     */
    public float imageScore(double sigma) {
        float greatest = Float.NEGATIVE_INFINITY;
        for (float value : smoothed(sigma)) {
            greatest = Math.max(greatest, value); // passes NaN on
        }
        return greatest;
    }
}
