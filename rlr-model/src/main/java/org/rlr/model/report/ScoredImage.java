package org.rlr.model.report;

import java.util.function.Supplier;
import org.rlr.model.config.MapScale;
import org.rlr.model.data.Mask;
import org.rlr.model.data.Masks;
import org.rlr.model.data.RgbImage;
import org.rlr.model.data.Sample;
import org.rlr.model.detect.AnomalyMap;

/**
 * A test image and its score. Its map is recomputed from the tokens' scores, because maps of thousands of images are
 * too large to keep.
 *
 * @param sample the image
 * @param score its image score
 * @param defective whether it is anomalous, by where it lies or by its mask
 * @param map recomputes its map
 */
public record ScoredImage(Sample sample, double score, boolean defective, Supplier<AnomalyMap> map) {
    /**
     * Creates the record of an image and its map.
     *
     * @param sample the image
     * @param score its image score
     * @param defective whether it is anomalous
     * @param map its map, of which only {@link AnomalyMap#recompute} is kept
     * @return the image without its map
     */
    public static ScoredImage of(Sample sample, double score, boolean defective, AnomalyMap map) {
        return new ScoredImage(sample, score, defective, map.recompute());
    }

    /**
     * Draws the image beside its mask, black if it has none, and its map, with the size of {@link Overlays#panel}.
     *
     * @param picture the image as read
     * @param scale the scale of the map's colours
     * @return the panel, as {@link Overlays#panel}
     * @throws org.rlr.tensor.RlrException if a mask cannot be read
     */
    public RgbImage panel(RgbImage picture, MapScale scale) {
        AnomalyMap made = map.get();
        return Overlays.panel(picture, mask(picture), made.values(), made.height(), made.width(), scale);
    }

    /** Draws the same panel in the size of a page's pictures. */
    RgbImage thumbnail(RgbImage picture, MapScale scale) {
        AnomalyMap made = map.get();
        return Overlays.panel(picture, mask(picture), made.values(), made.height(), made.width(), scale, Overlays.TILE);
    }

    private Mask mask(RgbImage picture) {
        Mask mask = Masks.read(sample, picture.size());
        return mask == null ? new Mask(1, 1, new boolean[1]) : mask;
    }
}
