package org.rlr.model.train;

import org.rlr.tensor.RlrException;

/**
 * How a model is trained.
 *
 * @param epochs passes over the training images
 * @param batchSize images per step; the last step of an epoch may have fewer
 * @param learningRate Adam's step size
 * @param seed of parameters, order of images and perturbation: the same seed gives the same model, bit for bit, on the
 *     same kernels
 * @param featureJitter scale s of the feature jitter (RLR §3); 0 for none
 * @param noiseProb probability p: a random {@code ⌊(1−p)·L⌋} tokens per image stay clean; with {@code maskTokens}, the
 *     share of tokens masked
 * @param maskTokens zero a random {@code ⌊p·L⌋} tokens per image instead of jittering
 * @param optimizer how the levels are stepped
 * @param validation what is held out of training; null for nothing
 * @param warmupSteps steps in which the learning rate rises to its value, evenly
 * @param schedule how it goes on
 */
public record TrainingSettings(
        int epochs,
        int batchSize,
        float learningRate,
        long seed,
        float featureJitter,
        float noiseProb,
        boolean maskTokens,
        OptimizerMode optimizer,
        Validation validation,
        int warmupSteps,
        Schedule schedule) {
    /** The published settings: 200 epochs, batch 8, lr 1e-4, seed 3407, jitter 4 on every token. */
    public static final TrainingSettings PUBLISHED = new TrainingSettings(200, 8, 1e-4f, 3407, 4, 1, false);

    /**
     * Checks the ranges.
     *
     * @param epochs passes over the training images
     * @param batchSize images per step; the last step of an epoch may have fewer
     * @param learningRate Adam's step size
     * @param seed of parameters, order of images and perturbation: the same seed gives the same model, bit for bit, on
     *     the same kernels
     * @param featureJitter scale s of the feature jitter (RLR §3); 0 for none
     * @param noiseProb probability p: a random {@code ⌊(1−p)·L⌋} tokens per image stay clean; with {@code maskTokens},
     *     the share of tokens masked
     * @param maskTokens zero a random {@code ⌊p·L⌋} tokens per image instead of jittering
     * @param optimizer how the levels are stepped
     * @param validation what is held out of training; null for nothing
     * @param warmupSteps steps in which the learning rate rises to its value, evenly
     * @param schedule how it goes on
     * @throws RlrException naming the option and its range
     */
    public TrainingSettings {
        require(epochs >= 1, "--epochs", epochs, "at least 1");
        require(batchSize >= 1, "--batch-size", batchSize, "at least 1");
        require(learningRate > 0 && learningRate < Float.POSITIVE_INFINITY, "--lr", learningRate, "a positive number");
        require(
                featureJitter >= 0 && featureJitter < Float.POSITIVE_INFINITY,
                "--feature-jitter",
                featureJitter,
                "zero or a positive number");
        require(noiseProb >= 0 && noiseProb <= 1, "--noise-prob", noiseProb, "between 0 and 1");
        require(warmupSteps >= 0, "--warmup", warmupSteps, "zero or a positive number of steps");
        // models of earlier versions do not say
        optimizer = optimizer == null ? OptimizerMode.ADAM : optimizer;
        schedule = schedule == null ? Schedule.CONSTANT : schedule;
    }

    /**
     * Settings with a constant learning rate.
     *
     * @param epochs passes over the training images
     * @param batchSize images per step; the last step of an epoch may have fewer
     * @param learningRate Adam's step size
     * @param seed of parameters, order of images and perturbation: the same seed gives the same model, bit for bit, on
     *     the same kernels
     * @param featureJitter scale s of the feature jitter (RLR §3); 0 for none
     * @param noiseProb probability p: a random {@code ⌊(1−p)·L⌋} tokens per image stay clean; with {@code maskTokens},
     *     the share of tokens masked
     * @param maskTokens zero a random {@code ⌊p·L⌋} tokens per image instead of jittering
     * @param optimizer how the levels are stepped
     * @param validation what is held out of training; null for nothing
     */
    public TrainingSettings(
            int epochs,
            int batchSize,
            float learningRate,
            long seed,
            float featureJitter,
            float noiseProb,
            boolean maskTokens,
            OptimizerMode optimizer,
            Validation validation) {
        this(
                epochs,
                batchSize,
                learningRate,
                seed,
                featureJitter,
                noiseProb,
                maskTokens,
                optimizer,
                validation,
                0,
                Schedule.CONSTANT);
    }

    /**
     * Settings with the usual optimiser and nothing held out.
     *
     * @param epochs passes over the training images
     * @param batchSize images per step; the last step of an epoch may have fewer
     * @param learningRate Adam's step size
     * @param seed of parameters, order of images and perturbation: the same seed gives the same model, bit for bit, on
     *     the same kernels
     * @param featureJitter scale s of the feature jitter (RLR §3); 0 for none
     * @param noiseProb probability p: a random {@code ⌊(1−p)·L⌋} tokens per image stay clean; with {@code maskTokens},
     *     the share of tokens masked
     * @param maskTokens zero a random {@code ⌊p·L⌋} tokens per image instead of jittering
     */
    public TrainingSettings(
            int epochs,
            int batchSize,
            float learningRate,
            long seed,
            float featureJitter,
            float noiseProb,
            boolean maskTokens) {
        this(epochs, batchSize, learningRate, seed, featureJitter, noiseProb, maskTokens, OptimizerMode.ADAM, null);
    }

    /**
     * These settings with another number of epochs.
     *
     * @param other number of epochs, at least 1
     * @return a copy
     * @throws RlrException if it is less
     */
    public TrainingSettings withEpochs(int other) {
        return new TrainingSettings(
                other,
                batchSize,
                learningRate,
                seed,
                featureJitter,
                noiseProb,
                maskTokens,
                optimizer,
                validation,
                warmupSteps,
                schedule);
    }

    /**
     * These settings with another seed.
     *
     * @param other any seed
     * @return a copy
     */
    public TrainingSettings withSeed(long other) {
        return new TrainingSettings(
                epochs,
                batchSize,
                learningRate,
                other,
                featureJitter,
                noiseProb,
                maskTokens,
                optimizer,
                validation,
                warmupSteps,
                schedule);
    }

    /**
     * The learning rate of a step: {@code lr·(step+1)/(warmup+1)} in the warm-up, then {@code lr} or, along half a
     * cosine, {@code lr·½(1 + cos π(step − warmup)/(steps − warmup))}.
     *
     * @param step its number, from 0
     * @param steps of the whole training
     * @return above 0; {@code lr} is {@link #learningRate()}
     */
    public float learningRate(long step, long steps) {
        if (step < warmupSteps) {
            return (float) (learningRate * (step + 1.0) / (warmupSteps + 1.0));
        }
        return schedule == Schedule.CONSTANT
                ? learningRate
                : (float) (learningRate
                        * 0.5
                        * (1 + Math.cos(Math.PI * (step - warmupSteps) / Math.max(1, steps - warmupSteps))));
    }

    private static void require(boolean condition, String option, Object value, String range) {
        if (!condition) {
            throw new RlrException(option + " is " + value + "; it must be " + range);
        }
    }
}
