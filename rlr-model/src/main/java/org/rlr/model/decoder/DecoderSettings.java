package org.rlr.model.decoder;

import static org.rlr.tensor.InvalidSettingException.require;

import org.rlr.tensor.InvalidSettingException;

/**
 * Settings for training a feature decoder.
 *
 * @param epochs passes over the images
 * @param batchSize images per step
 * @param learningRate Adam's step size
 * @param seed seed of all random numbers
 */
public record DecoderSettings(int epochs, int batchSize, float learningRate, long seed) {
    /** The published settings (RLR §12): 100 epochs, batch 16, lr 1e-4; seed 3407. */
    public static final DecoderSettings PUBLISHED = new DecoderSettings(100, 16, 1e-4f, 3407);

    /**
     * Checks the ranges.
     *
     * @throws InvalidSettingException if a value is out of range
     */
    public DecoderSettings {
        require(epochs >= 1, "epochs", epochs, "at least 1");
        require(batchSize >= 1, "batchSize", batchSize, "at least 1");
        require(
                learningRate > 0 && learningRate < Float.POSITIVE_INFINITY,
                "learningRate",
                learningRate,
                "a positive number");
    }

    /**
     * Returns a copy with another number of epochs.
     *
     * @param other number of epochs, at least 1
     * @return the copy
     * @throws InvalidSettingException if it is less than 1
     */
    public DecoderSettings withEpochs(int other) {
        return new DecoderSettings(other, batchSize, learningRate, seed);
    }
}
