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

/** Settings that go together, by name. */
public final class Recipe {
    /** The name of the recipe of the paper. */
    public static final String PUBLISHED = "published";

    /** The name of the recipe that gives a good model in minutes on a CPU. */
    public static final String RECOMMENDED = "recommended";

    /** The name of the recipe that is taken where none is named. */
    public static final String DEFAULT = RECOMMENDED;

    /** The least share of images that the recommended recipe holds out, in percent. */
    private static final int LEAST_HELD_OUT = 10;

    /** The greatest share of images that the recommended recipe holds out, in percent. */
    private static final int MOST_HELD_OUT = 20;

    /** The false-alarm rate of the threshold that the recommended recipe finds on the images held out. */
    public static final double FALSE_ALARM_RATE = 0.05;

    /** The width of the recommended model. */
    private static final int WIDTH = 64;

    /** The layers of the recommended model. */
    private static final int LAYERS = 2;

    /** The learning rate of the recommended model; it trains as well at twice as much. */
    private static final float LEARNING_RATE = 2e-3f;

    private Recipe() {}

    private static RlrConfig recommended(RlrConfig.Builder config) {
        return config.standardize(true).width(WIDTH).layers(LAYERS).build();
    }

    /**
     * The training of a recipe for a model of another shape than the recipe's. Wider and deeper models take lower
     * learning rates: the recommended one is divided by how many times the model is wider than 64 and by how many times
     * it is deeper than 2 layers. That of the published shape is a quarter, 5e-4.
     *
     * @param name of the recipe
     * @param training its training
     * @param shape of the model that is to be trained
     * @return the training, with the learning rate of that shape where the recipe is {@code recommended}
     */
    public static TrainingSettings fitted(String name, TrainingSettings training, RlrConfig shape) {
        if (!name.equals(RECOMMENDED)) {
            return training;
        }
        float wider = Math.max(1, (float) shape.width() / WIDTH);
        float deeper = Math.max(1, (float) shape.layers() / LAYERS);
        return training.toBuilder()
                .learningRate(training.learningRate() / (wider * deeper))
                .build();
    }

    private static TrainingSettings recommended(@Nullable Validation heldOut) {
        return TrainingSettings.builder()
                .epochs(12)
                .batchSize(4)
                .learningRate(LEARNING_RATE)
                .warmupSteps(20)
                .schedule(Schedule.COSINE)
                .validation(heldOut)
                .build();
    }

    /** The published model, standardised. */
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
     * The recipe of that name, with no image held out: {@code recommended}, a small model, standardised features, small
     * batches, that is more steps per epoch, and a learning rate that rises at first and falls to zero along a cosine;
     * {@code published}, as the paper has it; or {@code fast}, the published model trained as the recommended one.
     *
     * @param name {@code recommended}, {@code published} or {@code fast}
     * @param backbone name of the feature extractor, whose own levels and image size are taken
     * @return model and training
     * @throws InvalidSettingException if there is no such recipe or backbone
     */
    public static ConfigFile of(String name, String backbone) {
        return of(name, backbone, (Validation) null);
    }

    /**
     * The recipe of that name for a data set. {@code recommended} holds images out, by which it chooses the epoch and
     * then finds the threshold at a false-alarm rate of {@value #FALSE_ALARM_RATE}: a tenth of each class's training
     * images, up to a fifth where a tenth is too few for that rate, and none where a fifth is, or where a class has a
     * single image.
     *
     * @param name as for {@link #of(String, String)}
     * @param backbone name of the feature extractor, whose own levels and image size are taken
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
                // the best epoch instead of an early end: the last epochs, at low learning rates, bring most
                return new Validation(fraction, true, null, FALSE_ALARM_RATE);
            }
        }
        return null;
    }
}
