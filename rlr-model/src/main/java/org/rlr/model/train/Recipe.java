package org.rlr.model.train;

import org.rlr.model.RlrConfig;
import org.rlr.tensor.RlrException;

/** Settings that go together, by name. */
public final class Recipe {
    private static final int FAST_EPOCHS = 20;
    private static final int FAST_BATCH = 4;
    private static final float FAST_LEARNING_RATE = 5e-4f;
    private static final int FAST_WARMUP = 20;

    private Recipe() {}

    /**
     * The recipe of that name: {@code published}, as the paper has it, or {@code fast}, standardised features, smaller
     * batches, that is more steps per epoch, and a higher learning rate that rises at first and falls to zero along a
     * cosine.
     *
     * @param name {@code published} or {@code fast}
     * @return model and training
     * @throws RlrException if there is none
     */
    public static ConfigFile of(String name) {
        return switch (name) {
            case "published" -> ConfigFile.PUBLISHED;
            case "fast" -> fast();
            default ->
                throw new RlrException("recipe '" + name + "' does not exist; choose published or fast with --recipe");
        };
    }

    private static ConfigFile fast() {
        RlrConfig config = ConfigFile.PUBLISHED.config().withStandardize(true);
        TrainingSettings p = TrainingSettings.PUBLISHED;
        return new ConfigFile(
                config,
                new TrainingSettings(
                        FAST_EPOCHS,
                        FAST_BATCH,
                        FAST_LEARNING_RATE,
                        p.seed(),
                        p.featureJitter(),
                        p.noiseProb(),
                        p.maskTokens(),
                        p.optimizer(),
                        null,
                        FAST_WARMUP,
                        Schedule.COSINE),
                null,
                true);
    }
}
