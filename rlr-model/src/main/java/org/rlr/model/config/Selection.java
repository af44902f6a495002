package org.rlr.model.config;

import static org.rlr.model.config.Numbers.requireUsable;

/**
 * How a model's epoch was selected, if it is not the last.
 *
 * @param by the criterion
 * @param epoch number of the epoch, from 1
 * @param value value of the criterion at that epoch: the loss, or the metric as a fraction
 * @param images number of images used for the selection
 */
public record Selection(By by, int epoch, double value, int images) {
    /** A criterion for selecting an epoch. */
    public enum By {
        /** The lowest loss of held-out training images. */
        VALIDATION_LOSS,
        /** The greatest mean image AUROC of the test images; results of the model on these images are optimistic. */
        TEST_IMAGE_AUROC
    }

    /**
     * Checks the values.
     *
     * @throws IllegalArgumentException if the epoch is below 1, the number of images negative or the value not finite
     */
    public Selection {
        requireUsable(epoch >= 1, "selection.epoch", epoch);
        requireUsable(Double.isFinite(value), "selection.value", value);
        requireUsable(images >= 0, "selection.images", images);
    }

    /** {@return whether test images were used for the selection, so that results on them are optimistic} */
    public boolean optimistic() {
        return by == By.TEST_IMAGE_AUROC;
    }
}
