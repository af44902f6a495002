package org.rlr.model.train;

import org.rlr.model.config.Schedule;
import org.rlr.model.config.TrainingSettings;
import org.rlr.tensor.RlrException;

/** Settings that go together, by name. */
public final class Recipe {
    /** The name of the recipe of the paper. */
    public static final String PUBLISHED = "published";

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
            case PUBLISHED -> ConfigFile.PUBLISHED;
            case "fast" -> fast();
            default ->
                throw new RlrException("recipe '" + name + "' does not exist; choose published or fast with --recipe");
        };
    }

    private static ConfigFile fast() {
        return new ConfigFile(
                ConfigFile.PUBLISHED.config().toBuilder().standardize(true).build(),
                TrainingSettings.builder()
                        .epochs(20)
                        .batchSize(4)
                        .learningRate(5e-4f)
                        .warmupSteps(20)
                        .schedule(Schedule.COSINE)
                        .build(),
                null,
                true);
    }
}
