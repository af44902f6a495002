package org.rlr.model.features;

/**
 * Mean and standard deviation of each channel of a feature level over all tokens of the training images, used to
 * standardise features.
 *
 * @param mean one value per channel
 * @param std one value per channel, positive
 */
public record FeatureStatistics(float[] mean, float[] std) {
    /**
     * Checks the numbers; the arrays are not copied.
     *
     * @throws IllegalArgumentException if the lengths differ, a mean is not finite or a deviation not above 0
     */
    public FeatureStatistics {
        if (mean.length != std.length) {
            throw new IllegalArgumentException(std.length + " deviations for " + mean.length + " channels");
        }
        for (int i = 0; i < mean.length; i++) {
            if (!Float.isFinite(mean[i]) || !(std[i] > 0 && std[i] <= Float.MAX_VALUE)) {
                throw new IllegalArgumentException("channel " + i + " has the mean " + mean[i] + " and the deviation "
                        + std[i] + ", which is not above 0 or not finite");
            }
        }
    }
}
