package org.rlr.model.config;

import org.rlr.tensor.InvalidSettingException;

/**
 * Training images held out for choosing an epoch.
 *
 * @param fraction the share of each class's training images that is held out
 * @param keepBest whether the model is that of the epoch of lowest validation loss, the first of equals; else that of
 *     the last
 */
public record Validation(double fraction, boolean keepBest) {
    /**
     * Checks the range.
     *
     * @throws InvalidSettingException if the fraction is out of range
     */
    public Validation {
        InvalidSettingException.require(
                fraction > 0 && fraction < 1,
                "Validation.fraction",
                fraction,
                "between 0 and 1, as 0.1 for every tenth training image");
    }
}
