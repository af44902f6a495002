package org.rlr.model.train;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.rlr.model.FeatureDigest;
import org.rlr.model.attention.AttentionBlocks;
import org.rlr.model.backbone.Backbone;
import org.rlr.model.config.RlrConfig;
import org.rlr.model.config.Schedule;
import org.rlr.model.config.Scoring;
import org.rlr.model.config.TrainingSettings;
import org.rlr.model.data.DataSetException;
import org.rlr.model.data.ImageSource;
import org.rlr.tensor.io.IoReason;
import org.rlr.tensor.io.Sha256;

/**
 * The inputs that determine the result of a training; a training resumes only from a state with an equal identity. The
 * number of epochs counts only if the learning rate depends on it.
 *
 * @param config the model's shape
 * @param settings the training settings, with one epoch if the number does not count
 * @param scoring the scoring, which affects the choice of the best epoch on test images; null for the published one
 * @param images SHA-256 of the contents of the training images, in order, and of the held-out images
 * @param weights SHA-256 of the backbone's weights
 */
record TrainingIdentity(
        RlrConfig config,
        TrainingSettings settings,
        @Nullable Scoring scoring,
        String images,
        String weights) implements StateFile.Identity<TrainingIdentity> {

    static TrainingIdentity of(
            RlrConfig config,
            TrainingSettings settings,
            Scoring scoring,
            TrainingImages images,
            Backbone backbone,
            Runnable heartbeat) {
        return new TrainingIdentity(
                config,
                withoutEpochs(settings),
                scoring.equals(Scoring.published(config)) ? null : scoring,
                images(images.all(), heartbeat),
                FeatureDigest.weights(backbone));
    }

    private static TrainingSettings withoutEpochs(TrainingSettings settings) {
        return settings.schedule() == Schedule.CONSTANT
                ? settings.toBuilder().epochs(1).build()
                : settings;
    }

    /** Returns the identity with other settings. */
    TrainingIdentity with(TrainingSettings others) {
        return new TrainingIdentity(config, withoutEpochs(others), scoring, images, weights);
    }

    @Override
    public boolean complete() {
        return images != null && weights != null;
    }

    @Override
    public void requireUsable(Path file) {
        AttentionBlocks.requireFor(config.blocks(), file);
    }

    @Override
    public List<String> differences(TrainingIdentity other) {
        List<String> differences = new ArrayList<>();
        if (!config.equals(other.config)) {
            differences.add("the model (" + Differences.of(other.config, config) + ")");
        }
        if (!settings.equals(other.settings)) {
            differences.add("the settings (" + Differences.of(other.settings, settings) + ")");
        }
        if (!Objects.equals(scoring, other.scoring)) {
            differences.add("the scoring (" + (other.scoring == null ? "as published" : other.scoring) + " then, "
                    + (scoring == null ? "as published" : scoring) + " now)");
        }
        if (!images.equals(other.images)) {
            differences.add("the training images");
        }
        if (!weights.equals(other.weights)) {
            differences.add("the backbone's weights");
        }
        return differences;
    }

    /** Returns the SHA-256 of the contents of images, in order. */
    static String images(List<ImageSource> images, Runnable heartbeat) {
        Sha256 digest = new Sha256();
        for (ImageSource image : images) {
            heartbeat.run();
            Path file = image.file();
            if (file == null) {
                byte[] content = image.content();
                digest.add(length(content.length)).add(content);
                continue;
            }
            try (InputStream in = Files.newInputStream(file)) {
                digest.add(length(Files.size(file))).add(in);
            } catch (IOException e) {
                throw new DataSetException(
                        "cannot read " + image + ": " + IoReason.of(e), "check that it exists and can be read", e);
            }
        }
        return digest.hex();
    }

    /** Returns the length, which separates two images from their concatenation. */
    private static byte[] length(long bytes) {
        return ByteBuffer.allocate(Long.BYTES).putLong(bytes).array();
    }
}
