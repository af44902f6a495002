package org.rlr.model.features;

/**
 * Mean and standard deviation of each channel of a feature level over all tokens of the training images; features are
 * standardised by them.
 *
 * @param mean one value per channel
 * @param std one value per channel, positive
 */
public record FeatureStatistics(float[] mean, float[] std) {}
