package org.rlr.model.config;

import static org.rlr.model.config.Numbers.requireUsable;

/**
 * How the epoch was chosen that a model is of, where it is not the last.
 *
 * @param by by what
 * @param epoch its number, from 1
 * @param value what was best at it: the loss, or the metric as a fraction
 * @param images how many images chose it
 */
public record Selection(By by, int epoch, double value, int images) {
    /** What an epoch is chosen by. */
    public enum By {
        /** The lowest loss of images held out of training. */
        VALIDATION_LOSS,
        /** The greatest mean image AUROC of the test images: what is measured on them with the model is optimistic. */
        TEST_IMAGE_AUROC
    }

    /**
     * Checks that it is usable.
     *
     * @throws IllegalArgumentException if the epoch is below 1, the number of images negative or the value not finite
     */
    public Selection {
        requireUsable(epoch >= 1, "selection.epoch", epoch);
        requireUsable(Double.isFinite(value), "selection.value", value);
        requireUsable(images >= 0, "selection.images", images);
    }

    /** {@return whether the test images had a say, so that what is measured on them is optimistic} */
    public boolean optimistic() {
        return by == By.TEST_IMAGE_AUROC;
    }
}
