package org.rlr.model.config;

import static org.rlr.tensor.InvalidSettingException.require;

import org.jspecify.annotations.Nullable;

/**
 * Settings of a training.
 *
 * @param epochs passes over the training images
 * @param batchSize images per step; the last step of an epoch may have fewer
 * @param learningRate Adam's step size
 * @param seed seed of parameters, image order and perturbation: the same seed gives a bit-identical model on the same
 *     kernels
 * @param featureJitter scale s of the feature jitter (RLR §3); 0 for none
 * @param noiseProb probability p: a random {@code ⌊(1−p)·L⌋} tokens per image stay clean; with {@code maskTokens}, the
 *     share of masked tokens
 * @param maskTokens whether a random {@code ⌊p·L⌋} tokens per image are set to zero instead of jittered
 * @param optimizer how the optimizer updates the levels
 * @param validation held-out images; null for none
 * @param warmupSteps steps of the linear warm-up of the learning rate
 * @param schedule the learning rate after the warm-up
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
        @Nullable Validation validation,
        int warmupSteps,
        Schedule schedule) {
    /** The published settings: 200 epochs, batch 8, lr 1e-4, seed 3407, jitter 4 on every token. */
    public static final TrainingSettings PUBLISHED = builder().build();

    public TrainingSettings {
        require(epochs >= 1, "epochs", epochs, "at least 1");
        require(batchSize >= 1, "batchSize", batchSize, "at least 1");
        require(
                learningRate > 0 && learningRate < Float.POSITIVE_INFINITY,
                "learningRate",
                learningRate,
                "a positive number");
        require(
                featureJitter >= 0 && featureJitter < Float.POSITIVE_INFINITY,
                "featureJitter",
                featureJitter,
                "zero or a positive number");
        require(noiseProb >= 0 && noiseProb <= 1, "noiseProb", noiseProb, "between 0 and 1");
        require(warmupSteps >= 0, "warmupSteps", warmupSteps, "zero or a positive number of steps");
        // models of earlier versions do not contain it
        optimizer = optimizer == null ? OptimizerMode.ADAM : optimizer;
        schedule = schedule == null ? Schedule.CONSTANT : schedule;
    }

    /**
     * Returns the learning rate of a step: {@code lr·(step+1)/(warmup+1)} during warm-up, then {@code lr} or half a
     * cosine, {@code lr·½(1 + cos π(step − warmup)/(steps − warmup))}.
     *
     * @param step index of the step, from 0
     * @param steps number of steps of the whole training
     * @return a rate above 0; {@code lr} is {@link #learningRate()}
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

    /** {@return a builder with the published settings} */
    public static Builder builder() {
        return new Builder();
    }

    /** {@return a builder with these settings} */
    public Builder toBuilder() {
        return new Builder()
                .epochs(epochs)
                .batchSize(batchSize)
                .learningRate(learningRate)
                .seed(seed)
                .featureJitter(featureJitter)
                .noiseProb(noiseProb)
                .maskTokens(maskTokens)
                .optimizer(optimizer)
                .validation(validation)
                .warmupSteps(warmupSteps)
                .schedule(schedule);
    }

    /** Collects the settings of a {@link TrainingSettings}; settings that you omit have the published value. */
    public static final class Builder {
        private int epochs = 200;
        private int batchSize = 8;
        private float learningRate = 1e-4f;
        private long seed = 3407;
        private float featureJitter = 4;
        private float noiseProb = 1;
        private boolean maskTokens;
        private OptimizerMode optimizer = OptimizerMode.ADAM;
        private @Nullable Validation validation;
        private int warmupSteps;
        private Schedule schedule = Schedule.CONSTANT;

        private Builder() {}

        /**
         * Sets {@link TrainingSettings#epochs}.
         *
         * @param value passes over the training images
         * @return this builder
         */
        public Builder epochs(int value) {
            epochs = value;
            return this;
        }

        /**
         * Sets {@link TrainingSettings#batchSize}.
         *
         * @param value images per step; the last step of an epoch may have fewer
         * @return this builder
         */
        public Builder batchSize(int value) {
            batchSize = value;
            return this;
        }

        /**
         * Sets {@link TrainingSettings#learningRate}.
         *
         * @param value Adam's step size
         * @return this builder
         */
        public Builder learningRate(float value) {
            learningRate = value;
            return this;
        }

        /**
         * Sets {@link TrainingSettings#seed}.
         *
         * @param value seed of parameters, image order and perturbation: the same seed gives a bit-identical model on
         *     the same kernels
         * @return this builder
         */
        public Builder seed(long value) {
            seed = value;
            return this;
        }

        /**
         * Sets {@link TrainingSettings#featureJitter}.
         *
         * @param value scale s of the feature jitter (RLR §3); 0 for none
         * @return this builder
         */
        public Builder featureJitter(float value) {
            featureJitter = value;
            return this;
        }

        /**
         * Sets {@link TrainingSettings#noiseProb}.
         *
         * @param value probability p: a random {@code ⌊(1−p)·L⌋} tokens per image stay clean; with {@code maskTokens},
         *     the share of masked tokens
         * @return this builder
         */
        public Builder noiseProb(float value) {
            noiseProb = value;
            return this;
        }

        /**
         * Sets {@link TrainingSettings#maskTokens}.
         *
         * @param value whether a random {@code ⌊p·L⌋} tokens per image are set to zero instead of jittered
         * @return this builder
         */
        public Builder maskTokens(boolean value) {
            maskTokens = value;
            return this;
        }

        /**
         * Sets {@link TrainingSettings#optimizer}.
         *
         * @param value how the optimizer updates the levels
         * @return this builder
         */
        public Builder optimizer(OptimizerMode value) {
            optimizer = value;
            return this;
        }

        /**
         * Sets {@link TrainingSettings#validation}.
         *
         * @param value held-out images; null for none
         * @return this builder
         */
        public Builder validation(@Nullable Validation value) {
            validation = value;
            return this;
        }

        /**
         * Sets {@link TrainingSettings#warmupSteps}.
         *
         * @param value steps of the linear warm-up of the learning rate
         * @return this builder
         */
        public Builder warmupSteps(int value) {
            warmupSteps = value;
            return this;
        }

        /**
         * Sets {@link TrainingSettings#schedule}.
         *
         * @param value the learning rate after the warm-up
         * @return this builder
         */
        public Builder schedule(Schedule value) {
            schedule = value;
            return this;
        }

        /**
         * Checks and returns the settings.
         *
         * @return the settings
         * @throws org.rlr.tensor.InvalidSettingException naming the setting, its value and the allowed values
         */
        public TrainingSettings build() {
            return new TrainingSettings(
                    epochs,
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
    }
}
