package org.rlr.model.train;

import org.rlr.model.backbone.Backbones;
import org.rlr.model.config.RlrConfig;
import org.rlr.model.config.Schedule;
import org.rlr.model.config.TrainingSettings;
import org.rlr.tensor.InvalidSettingException;

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
     * @param backbone name of the feature extractor, whose own levels and image size are taken
     * @return model and training
     * @throws InvalidSettingException if there is no such recipe or backbone
     */
    public static ConfigFile of(String name, String backbone) {
        RlrConfig config = Backbones.info(backbone).settings();
        return switch (name) {
            case PUBLISHED -> new ConfigFile(config, TrainingSettings.PUBLISHED, null, true);
            case "fast" -> fast(config);
            default ->
                throw new InvalidSettingException(
                        "recipe",
                        name,
                        "published or fast",
                        "recipe '" + name + "' does not exist",
                        "choose published or fast with `recipe`");
        };
    }

    private static ConfigFile fast(RlrConfig config) {
        return new ConfigFile(
                config.toBuilder().standardize(true).build(),
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
