package org.rlr.model.detect;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.rlr.model.data.TileGrid;

/**
 * Intermediate results of a model for one image, for viewing.
 *
 * @param map the anomaly map
 * @param grid positions of the image's tiles; null if the image is not cut into tiles
 * @param inputs the feature levels, the finest first, of the whole image or of each of its tiles
 */
public record Examination(AnomalyMap map, @Nullable TileGrid grid, List<List<Level>> inputs) {
    /**
     * A feature level. All arrays are {@code [height·width, channels]}, row-major, and hold features as the transformer
     * receives them.
     *
     * @param level its number among the backbone's levels
     * @param stride pixels of the model's input per token
     * @param height rows of the token grid
     * @param width columns of the token grid
     * @param channels channels
     * @param features features of the image or tile
     * @param reconstruction reconstruction of the features
     * @param reference the learned reference's chunks, the same for every image; empty if no attention block uses it
     */
    public record Level(
            int level,
            int stride,
            int height,
            int width,
            int channels,
            float[] features,
            float[] reconstruction,
            List<float[]> reference) {}

    /**
     * Returns the feature levels of a whole image.
     *
     * @return the finest first
     * @throws IllegalStateException if it was cut into tiles; each tile has its own features
     */
    public List<Level> levels() {
        if (grid != null) {
            throw new IllegalStateException("an image of " + grid.count() + " tiles has feature levels per tile");
        }
        return inputs.get(0);
    }
}
