package org.rlr.model.train;

import org.jspecify.annotations.Nullable;
import org.rlr.model.backbone.Backbones;
import org.rlr.model.config.RlrConfig;
import org.rlr.model.config.Schedule;
import org.rlr.model.config.TrainingSettings;
import org.rlr.model.config.Validation;
import org.rlr.model.data.DataSet;
import org.rlr.model.eval.ThresholdEstimator;
import org.rlr.tensor.InvalidSettingException;

/** Named combinations of settings. */
public final class Recipe {
    /** The name of the paper's recipe. */
    public static final String PUBLISHED = "published";

    /** The name of the recipe that gives a good model in minutes on a CPU. */
    public static final String RECOMMENDED = "recommended";

    /** The name of the default recipe. */
    public static final String DEFAULT = RECOMMENDED;

    /** The least share of images held out by the recommended recipe, in percent. */
    private static final int LEAST_HELD_OUT = 10;

    /** The greatest share of images held out by the recommended recipe, in percent. */
    private static final int MOST_HELD_OUT = 20;

    /** The false-alarm rate of the threshold that the recommended recipe finds on the held-out images. */
    public static final double FALSE_ALARM_RATE = 0.05;

    /** The width of the recommended model. */
    private static final int WIDTH = 64;

    /** The layers of the recommended model: a second one nearly doubles the time and does not score better. */
    private static final int LAYERS = 1;

    /**
     * Channels that vary less than the mean channel are not amplified. The images of a single product leave many
     * channels almost constant; divided by their small deviation, they would bring mostly the noise of new images.
     */
    private static final double LEAST_DEVIATION = 1;

    /** The layers from which on the learning rate falls. */
    private static final int LAYERS_AT_FULL_RATE = 2;

    /** The images per step: small batches take as long per image on a CPU and make more steps. */
    private static final int BATCH = 2;

    /** The learning rate of the recommended model; twice this rate works equally well. */
    private static final float LEARNING_RATE = 2e-3f;

    private Recipe() {}

    private static RlrConfig recommended(RlrConfig.Builder config) {
        return config.standardize(true)
                .leastDeviation(LEAST_DEVIATION)
                .width(WIDTH)
                .layers(LAYERS)
                .build();
    }

    /**
     * Adapts a recipe's training to a model of another shape. Wider and deeper models need lower learning rates: the
     * recommended rate is divided by width/64 and by layers/2. For the published shape that gives a quarter, 5e-4.
     *
     * @param name of the recipe
     * @param training its training
     * @param shape the shape of the model to train
     * @return the training, with the learning rate for that shape if the recipe is {@code recommended}
     */
    public static TrainingSettings fitted(String name, TrainingSettings training, RlrConfig shape) {
        if (!name.equals(RECOMMENDED)) {
            return training;
        }
        float wider = Math.max(1, (float) shape.width() / WIDTH);
        float deeper = Math.max(1, (float) shape.layers() / LAYERS_AT_FULL_RATE);
        return training.toBuilder()
                .learningRate(training.learningRate() / (wider * deeper))
                .build();
    }

    private static TrainingSettings recommended(@Nullable Validation heldOut) {
        return TrainingSettings.builder()
                .epochs(12)
                .batchSize(BATCH)
                .learningRate(LEARNING_RATE)
                .warmupSteps(20)
                .schedule(Schedule.COSINE)
                .validation(heldOut)
                .build();
    }

    /** Returns the published model with standardised features. */
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

    /**
     * Returns the recipe of that name, without held-out images: {@code recommended} is a small model with standardised
     * features, small batches (more steps per epoch) and a learning rate with warm-up and cosine decay to zero;
     * {@code published} is the paper's; {@code fast} is the published model with standardised features, trained in 20
     * epochs.
     *
     * @param name {@code recommended}, {@code published} or {@code fast}
     * @param backbone name of the feature extractor; its levels and image size are used
     * @return model and training
     * @throws InvalidSettingException if there is no such recipe or backbone
     */
    public static ConfigFile of(String name, String backbone) {
        return of(name, backbone, (Validation) null);
    }

    /**
     * Returns the recipe of that name for a data set. {@code recommended} holds out images to choose the epoch and to
     * find the threshold at a false-alarm rate of {@value #FALSE_ALARM_RATE}: a tenth of each class's training images,
     * up to a fifth if a tenth is too few for that rate, and none if a fifth is too few or a class has a single image.
     *
     * @param name as for {@link #of(String, String)}
     * @param backbone name of the feature extractor; its levels and image size are used
     * @param data with training images
     * @return model and training
     * @throws InvalidSettingException if there is no such recipe or backbone
     */
    public static ConfigFile of(String name, String backbone, DataSet data) {
        return of(name, backbone, heldOut(data));
    }

    private static ConfigFile of(String name, String backbone, @Nullable Validation heldOut) {
        RlrConfig config = Backbones.info(backbone).settings();
        return switch (name) {
            case PUBLISHED -> new ConfigFile(config, TrainingSettings.PUBLISHED, null, true);
            case RECOMMENDED -> new ConfigFile(recommended(config.toBuilder()), recommended(heldOut), null, true);
            case "fast" -> fast(config);
            default ->
                throw new InvalidSettingException(
                        "recipe",
                        name,
                        "recommended, published or fast",
                        "recipe '" + name + "' does not exist",
                        "choose recommended, published or fast with `recipe`");
        };
    }

    private static @Nullable Validation heldOut(DataSet data) {
        if (data.classes().stream().anyMatch(each -> each.train().size() < 2)) {
            return null;
        }
        for (int percent = LEAST_HELD_OUT; percent <= MOST_HELD_OUT; percent++) {
            double fraction = percent / 100.0;
            int images = data.classes().stream()
                    .mapToInt(each -> ValidationSplit.count(each.train().size(), fraction))
                    .sum();
            if (images >= ThresholdEstimator.required(FALSE_ALARM_RATE)) {
                // keep the best epoch, without an early end: the last epochs, at low learning rates, improve most
                return new Validation(fraction, true, null, FALSE_ALARM_RATE);
            }
        }
        return null;
    }
}
