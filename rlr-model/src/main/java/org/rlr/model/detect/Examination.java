package org.rlr.model.detect;

import java.util.List;

/**
 * What a model makes of one image, for looking at it.
 *
 * @param map    the anomaly map
 * @param levels the feature levels, the finest first
 */
public record Examination(AnomalyMap map, List<Level> levels) {
    /**
     * A feature level. All arrays are {@code [height·width, channels]}, row-major, in the space of the features that the transformer sees.
     *
     * @param stride         pixels of the model's input per token
     * @param height         rows of the token grid
     * @param width          columns of the token grid
     * @param channels       channels
     * @param features       of the image
     * @param reconstruction of the features
     * @param reference      the learned reference's chunks, the same for every image; empty where no attention block uses it
     */
    public record Level(int stride, int height, int width, int channels, float[] features, float[] reconstruction, List<float[]> reference) {
    }
}
