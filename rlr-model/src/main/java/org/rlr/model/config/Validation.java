package org.rlr.model.config;

import org.jspecify.annotations.Nullable;
import org.rlr.tensor.InvalidSettingException;

/**
 * Held-out training images: used to track their loss, choose an epoch, stop early, or find the threshold.
 *
 * @param fraction held-out share of each class's training images
 * @param keepBest whether the model is that of the epoch with the lowest validation loss (the first of equal ones);
 *     otherwise that of the last epoch
 * @param patience number of epochs without a lower validation loss after which training stops; null for never
 * @param falseAlarmRate false-alarm rate for which the threshold is found on the held-out images; null for the
 *     threshold from the scores of the training images
 */
public record Validation(
        double fraction,
        boolean keepBest,
        @Nullable Integer patience,
        @Nullable Double falseAlarmRate) {
    /**
     * Checks the ranges.
     *
     * @throws InvalidSettingException if a value is out of range, or {@code patience} is set without {@code keepBest}
     */
    public Validation {
        requireFraction("Validation.fraction", fraction, "0.1 for every tenth training image");
        if (patience != null) {
            InvalidSettingException.require(patience >= 1, "Validation.patience", patience, "at least 1");
            InvalidSettingException.require(
                    keepBest, "Validation.patience", patience, "set together with `Validation.keepBest`");
        }
        if (falseAlarmRate != null) {
            requireFraction("Validation.falseAlarmRate", falseAlarmRate, "0.05");
        }
    }

    /**
     * Holds out images to track their loss or to choose an epoch by it.
     *
     * @param fraction held-out share of each class's training images
     * @param keepBest whether the model is that of the epoch with the lowest validation loss
     * @throws InvalidSettingException if the fraction is out of range
     */
    public Validation(double fraction, boolean keepBest) {
        this(fraction, keepBest, null, null);
    }

    private static void requireFraction(String name, double value, String example) {
        InvalidSettingException.require(value > 0 && value < 1, name, value, "between 0 and 1, such as " + example);
    }
}
