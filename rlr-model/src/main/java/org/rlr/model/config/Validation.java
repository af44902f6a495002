package org.rlr.model.config;

import org.rlr.tensor.RlrException;

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
     * @param fraction the share of each class's training images that is held out
     * @param keepBest whether the model is that of the epoch of lowest validation loss, the first of equals; else that
     *     of the last
     * @throws RlrException naming the option and its range
     */
    public Validation {
        if (!(fraction > 0 && fraction < 1)) {
            throw new RlrException("--validation is " + fraction
                    + "; it must be between 0 and 1, as 0.1 for every tenth training image");
        }
    }
}
