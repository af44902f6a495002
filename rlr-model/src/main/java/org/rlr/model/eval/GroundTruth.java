package org.rlr.model.eval;

import org.rlr.model.data.Images;
import org.rlr.model.data.Mask;
import org.rlr.model.data.Masks;
import org.rlr.model.data.Sample;

/**
 * What is known of a test image.
 *
 * @param defective whether it is anomalous, by where it lies or by its masks
 * @param mask where it is anomalous, at the size of its map, row-major; null where it has no mask
 */
record GroundTruth(boolean defective, boolean[] mask) {
    /** Of an image with a map of that size. @throws org.rlr.tensor.RlrException if a mask cannot be read */
    static GroundTruth of(Sample sample, int height, int width) {
        Mask full = sample.masks().isEmpty() ? null : Masks.read(sample, Images.size(sample.image()));
        return new GroundTruth(
                sample.anomalous() || full != null && full.any(),
                full == null ? null : full.resized(width, height).anomalous());
    }
}
