package org.rlr.model.detect;

/**
 * What was found in one image.
 *
 * @param score image score: the maximum of the smoothed anomaly map (RLR §9); higher is more anomalous
 * @param normalizedScore the score as 0…1, 0.5 at the threshold ({@link org.rlr.model.config.Threshold#normalized})
 * @param anomalous whether the score exceeds the threshold
 * @param threshold the threshold used
 * @param mapHeight rows of the map
 * @param mapWidth columns of the map
 * @param map the anomaly map, row-major, {@code mapHeight·mapWidth} values, unsmoothed; it covers the whole image at
 *     the model's input size, or, where the model cuts images into tiles, at the size that is cut
 */
public record Detection(
        double score,
        double normalizedScore,
        boolean anomalous,
        double threshold,
        int mapHeight,
        int mapWidth,
        float[] map) {}
