package org.rlr.model.config;

import static org.rlr.tensor.InvalidSettingException.require;

import org.jspecify.annotations.Nullable;

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
        // models of earlier versions do not say
        optimizer = optimizer == null ? OptimizerMode.ADAM : optimizer;
        schedule = schedule == null ? Schedule.CONSTANT : schedule;
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

    /** {@return a builder that holds the published settings} */
    public static Builder builder() {
        return new Builder();
    }

    /** {@return a builder that holds these settings} */
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

    /** Collects the settings of a {@link TrainingSettings}; what is not set has the published value. */
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
         * @param value of parameters, order of images and perturbation: the same seed gives the same model, bit for
         *     bit, on the same kernels
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
         *     the share of tokens masked
         * @return this builder
         */
        public Builder noiseProb(float value) {
            noiseProb = value;
            return this;
        }

        /**
         * Sets {@link TrainingSettings#maskTokens}.
         *
         * @param value zero a random {@code ⌊p·L⌋} tokens per image instead of jittering
         * @return this builder
         */
        public Builder maskTokens(boolean value) {
            maskTokens = value;
            return this;
        }

        /**
         * Sets {@link TrainingSettings#optimizer}.
         *
         * @param value how the levels are stepped
         * @return this builder
         */
        public Builder optimizer(OptimizerMode value) {
            optimizer = value;
            return this;
        }

        /**
         * Sets {@link TrainingSettings#validation}.
         *
         * @param value what is held out of training; null for nothing
         * @return this builder
         */
        public Builder validation(@Nullable Validation value) {
            validation = value;
            return this;
        }

        /**
         * Sets {@link TrainingSettings#warmupSteps}.
         *
         * @param value steps in which the learning rate rises to its value, evenly
         * @return this builder
         */
        public Builder warmupSteps(int value) {
            warmupSteps = value;
            return this;
        }

        /**
         * Sets {@link TrainingSettings#schedule}.
         *
         * @param value how it goes on
         * @return this builder
         */
        public Builder schedule(Schedule value) {
            schedule = value;
            return this;
        }

        /**
         * Checks the settings and makes the record.
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
