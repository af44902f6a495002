package org.rlr.model.report;

import java.util.List;
import org.rlr.model.data.Mask;
import org.rlr.model.data.Masks;
import org.rlr.model.data.RgbImage;
import org.rlr.model.data.Sample;
import org.rlr.model.detect.AnomalyMap;

/**
 * A test image and what the model made of it, without its map, which would be too large to keep of thousands: it is made again from the levels' scores.
 *
 * @param sample    the image
 * @param score     its image score
 * @param defective whether it is anomalous, by where it lies or by its mask
 * @param levels    scores of each level's tokens
 * @param mapHeight rows of the map
 * @param mapWidth  columns of the map
 */
public record ScoredImage(Sample sample, double score, boolean defective, List<AnomalyMap.Level> levels, int mapHeight, int mapWidth) {
    /** What is kept of an image and its map. */
    public static ScoredImage of(Sample sample, double score, boolean defective, AnomalyMap map) {
        return new ScoredImage(sample, score, defective, map.levels(), map.height(), map.width());
    }

    /**
     * The image beside its mask, which is black where it has none, and its map.
     *
     * @param picture the image, as it was read
     * @throws org.rlr.tensor.RlrException if a mask cannot be read
     */
    public RgbImage panel(RgbImage picture, MapScale scale) {
        Mask mask = Masks.read(sample, picture.size());
        float[] map = AnomalyMap.of(levels, mapHeight, mapWidth).values();
        return Overlays.panel(picture, mask == null ? new Mask(1, 1, new boolean[1]) : mask, map, mapHeight, mapWidth, scale);
    }
}
