package org.rlr.model.detect;

import java.util.Arrays;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.rlr.model.config.Scoring;
import org.rlr.model.data.TileGrid;
import org.rlr.model.features.Recognition;

/**
 * An anomaly score per pixel: a map with the model's input size, or, if the model cuts images into tiles, with the size
 * of the image before cutting. Values are comparable only between images of the same model.
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
     * The scores of a level's tokens: their distances from their reconstructions (RLR §9).
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
         * @throws IllegalArgumentException if the grid is empty or the number of scores does not match
         */
        public Level {
            if (height < 1 || width < 1 || scores.length != height * width) {
                throw new IllegalArgumentException(scores.length + " scores are not a grid of " + width + "×" + height);
            }
        }
    }

    /**
     * Computes the map of an image: each level's scores upsampled bilinearly (corners aligned) to {@code height ×
     * width} and averaged over the levels. The image score uses the published smoothing.
     *
     * @param levels levels of the image, at least one
     * @param height rows of the map in pixels, at least 1
     * @param width columns of the map in pixels, at least 1
     * @return the map
     * @throws IllegalArgumentException if there are no levels or the map is empty
     */
    public static AnomalyMap of(List<Level> levels, int height, int width) {
        return of(levels, ones(levels.size()), Scoring.SMOOTHING, height, width);
    }

    /**
     * Computes a map with level weights and another smoothing ({@link Scoring}).
     *
     * @param levels levels of the image, at least one
     * @param weights a weight per level, above 0; the map is {@code Σ w·map / Σ w}
     * @param smoothing standard deviation in pixels; 0 for none
     * @param height rows of the map in pixels, at least 1
     * @param width columns of the map in pixels, at least 1
     * @return the map
     * @throws IllegalArgumentException if there are no levels, the number of weights differs, or the map is empty
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
     * Computes the map of an image from tiles: each tile's map as in {@link #of(List, int, int)}, blended in the
     * overlaps with weights that sum to 1.
     *
     * @param grid positions of the tiles
     * @param tiles levels of each tile
     * @return a map with the size of the image before cutting
     * @throws IllegalArgumentException if the number of tiles differs from the grid's
     */
    public static AnomalyMap of(TileGrid grid, List<List<Level>> tiles) {
        return of(grid, tiles, ones(tiles.isEmpty() ? 0 : tiles.get(0).size()), Scoring.SMOOTHING);
    }

    /**
     * Computes a map from tiles with level weights and another smoothing, as {@link #of(List, double[], double, int,
     * int)}.
     *
     * @param grid positions of the tiles
     * @param tiles levels of each tile
     * @param weights a weight per level, above 0
     * @param smoothing standard deviation in pixels; 0 for none
     * @return a map with the size of the image before cutting
     * @throws IllegalArgumentException if the number of tiles differs from the grid's
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

    /** Position of a pixel on the grid; the first and last pixels are on the first and last token. */
    private static double position(int pixel, int pixels, int tokens) {
        return pixels == 1 ? 0 : (double) pixel * (tokens - 1) / (pixels - 1);
    }

    /**
     * Returns the values before smoothing, row-major, as used by pixel metrics; not a copy.
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
     * Returns the same map with a recognition.
     *
     * @param found the recognised class
     * @return a map with the same values
     */
    public AnomalyMap with(Recognition found) {
        Supplier<AnomalyMap> again = recompute;
        return new AnomalyMap(
                values, height, width, smoothing, () -> again.get().with(found), found);
    }

    /** {@return the class that the image was recognised as; null if the model recognises no classes} */
    public @Nullable Recognition recognition() {
        return recognition;
    }

    /**
     * Returns a recipe to recompute the map from the tokens' scores, which take a fiftieth of its memory.
     *
     * @return a supplier of equal maps; it keeps only the scores
     */
    public Supplier<AnomalyMap> recompute() {
        return recompute;
    }

    /**
     * Returns the map after the Gaussian filter, row-major; not a copy if there is no smoothing.
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
     * Returns the image score: the maximum of the smoothed map.
     *
     * @return NaN if a value of the map is NaN
     */
    public float imageScore() {
        return imageScore(smoothing);
    }

    /**
     * Returns the image score with another smoothing.
     *
     * @param sigma standard deviation in pixels; 0 for none
     * @return the maximum of the map after that smoothing
     * @throws IllegalArgumentException if sigma is neither 0 nor above 0 and below 1e6
     */
    public float imageScore(double sigma) {
        float greatest = Float.NEGATIVE_INFINITY;
        for (float value : smoothed(sigma)) {
            greatest = Math.max(greatest, value); // propagates NaN
        }
        return greatest;
    }
}
