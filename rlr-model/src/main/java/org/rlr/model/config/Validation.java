package org.rlr.model.config;

import org.jspecify.annotations.Nullable;
import org.rlr.tensor.InvalidSettingException;

/**
 * Training images held out: for following their loss, choosing an epoch, ending the training, or the threshold.
 *
 * @param fraction the share of each class's training images that is held out
 * @param keepBest whether the model is that of the epoch of lowest validation loss, the first of equals; else that of
 *     the last
 * @param patience the training ends after so many epochs without a lower validation loss; null for never
 * @param falseAlarmRate the model's threshold is found on the images held out, at this false-alarm rate; null for the
 *     threshold that the scores of the training images give
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
     * Images held out to follow their loss, or to choose an epoch by it.
     *
     * @param fraction the share of each class's training images that is held out
     * @param keepBest whether the model is that of the epoch of lowest validation loss
     * @throws InvalidSettingException if the fraction is out of range
     */
    public Validation(double fraction, boolean keepBest) {
        this(fraction, keepBest, null, null);
    }

    private static void requireFraction(String name, double value, String example) {
        InvalidSettingException.require(value > 0 && value < 1, name, value, "between 0 and 1, as " + example);
    }
}
