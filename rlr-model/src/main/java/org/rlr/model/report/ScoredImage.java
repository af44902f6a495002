package org.rlr.model.report;

import java.util.function.Supplier;
import org.rlr.model.config.MapScale;
import org.rlr.model.data.Mask;
import org.rlr.model.data.Masks;
import org.rlr.model.data.RgbImage;
import org.rlr.model.data.Sample;
import org.rlr.model.detect.AnomalyMap;

/**
 * A test image and what the model made of it, without its map, which would be too large to keep of thousands: it is
 * recomputed from the tokens' scores.
 *
 * @param sample the image
 * @param score its image score
 * @param defective whether it is anomalous, by where it lies or by its mask
 * @param map recomputes its map
 */
public record ScoredImage(Sample sample, double score, boolean defective, Supplier<AnomalyMap> map) {
    /**
     * What is kept of an image and its map.
     *
     * @param sample the image
     * @param score its image score
     * @param defective whether it is anomalous
     * @param map its map; only {@link AnomalyMap#recompute} of it is kept
     * @return the image without its map
     */
    public static ScoredImage of(Sample sample, double score, boolean defective, AnomalyMap map) {
        return new ScoredImage(sample, score, defective, map.recompute());
    }

    /**
     * The image beside its mask, which is black where it has none, and its map, as large as {@link Overlays#panel}.
     *
     * @param picture the image, as it was read
     * @param scale of the map's colours
     * @return the panel, as {@link Overlays#panel}
     * @throws org.rlr.tensor.RlrException if a mask cannot be read
     */
    public RgbImage panel(RgbImage picture, MapScale scale) {
        AnomalyMap made = map.get();
        return Overlays.panel(picture, mask(picture), made.values(), made.height(), made.width(), scale);
    }

    /** The same, of the size of a page's pictures. */
    RgbImage thumbnail(RgbImage picture, MapScale scale) {
        AnomalyMap made = map.get();
        return Overlays.panel(picture, mask(picture), made.values(), made.height(), made.width(), scale, Overlays.TILE);
    }

    private Mask mask(RgbImage picture) {
        Mask mask = Masks.read(sample, picture.size());
        return mask == null ? new Mask(1, 1, new boolean[1]) : mask;
    }
}
