package org.rlr.model.train;

import java.util.List;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.rlr.model.RlrModel;
import org.rlr.model.backbone.Backbone;
import org.rlr.model.config.RlrConfig;
import org.rlr.model.config.ScoreStatistics;
import org.rlr.model.config.Scoring;
import org.rlr.model.config.TrainingSettings;
import org.rlr.model.data.ImageSource;
import org.rlr.model.detect.AnomalyScorer;
import org.rlr.tensor.RlrException;
import org.rlr.tensor.backend.Backend;

/**
 * Trains one model on normal images of all classes together (RLR §1 to §8). Features of the frozen backbone are
 * computed once and kept; every epoch reads them in a new random order. The same seed gives a bit-identical model on
 * the same kernels, with any number of threads.
 */
public final class Trainer {
    final Backend backend;
    final RlrConfig config;
    final TrainingSettings settings;
    final TrainingListener listener;
    final Scoring scoring;
    final @Nullable SharedFeatures shared;
    final @Nullable Long deadline;

    /**
     * Creates a trainer on a backend.
     *
     * @param backend the backend of the training; the caller closes it
     * @param config the model
     * @param settings the training
     * @param listener receives the progress
     */
    public Trainer(Backend backend, RlrConfig config, TrainingSettings settings, TrainingListener listener) {
        this(backend, config, settings, listener, null, null);
    }

    /**
     * Creates a trainer with a scoring and shared features.
     *
     * @param backend the backend of the training; the caller closes it
     * @param config the model
     * @param settings the training
     * @param listener receives the progress
     * @param scoring how the model scores, without influence on training; null for the published scoring
     * @param shared precomputed feature maps of all images, including test images; null to compute them
     * @throws RlrException if the model would lack a level of the scoring
     */
    public Trainer(
            Backend backend,
            RlrConfig config,
            TrainingSettings settings,
            TrainingListener listener,
            @Nullable Scoring scoring,
            @Nullable SharedFeatures shared) {
        this(backend, config, settings, listener, scoring, shared, () -> false, null);
    }

    /**
     * @param cancelWhen returns true to end the training like an interrupt; called often, on the training thread
     * @param deadline the end of {@link RlrTraining#time}, a value of {@link System#nanoTime}; null for the settings'
     *     epochs
     */
    Trainer(
            Backend backend,
            RlrConfig config,
            TrainingSettings settings,
            TrainingListener listener,
            @Nullable Scoring scoring,
            @Nullable SharedFeatures shared,
            BooleanSupplier cancelWhen,
            @Nullable Long deadline) {
        this.backend = backend;
        this.config = config;
        this.settings = settings;
        this.listener = new CancellingListener(listener, cancelWhen);
        this.scoring = scoring == null ? Scoring.published(config) : scoring.requireLevelsOf(config);
        this.shared = shared;
        this.deadline = deadline;
    }

    /**
     * Trains on images.
     *
     * @param backbone the feature extractor that the configuration names; the model takes it over, it is closed if
     *     training fails
     * @param images normal images
     * @param classes names of their classes, for the model's description
     * @return the model, with the threshold from its training images
     * @throws RlrException if an image cannot be read, memory is short or the loss is no longer finite
     */
    public RlrModel train(Backbone backbone, List<ImageSource> images, List<String> classes) {
        return train(backbone, new TrainingImages(images, List.of(), classes), TrainingCheckpoints.NONE, null)
                .model();
    }

    /**
     * Like {@link #train(Backbone, List, List)}, optionally with held-out images and test images, writing states of the
     * training or resuming from one. A resumed training gives bit-identical models.
     *
     * @param backbone the feature extractor that the configuration names; the model takes it over, it is closed if
     *     training fails
     * @param images the training images, at least one, and the held-out images
     * @param checkpoints the state files to write and to resume from
     * @param test the test images to evaluate after epochs; null for none
     * @return the model, and the model of the best epoch on the test images if selected
     * @throws RlrException as above, or if a state cannot be read or written, or is of another training
     * @throws org.rlr.tensor.CancelledException if the thread is interrupted, see {@link RlrTraining}
     */
    public Trained train(
            Backbone backbone, TrainingImages images, TrainingCheckpoints checkpoints, @Nullable TestEvaluation test) {
        TrainingRun run = new TrainingRun(this, backbone, images, checkpoints, test);
        try {
            return run.train();
        } catch (Throwable t) {
            run.closeLevels();
            backbone.close();
            throw t;
        }
    }

    /**
     * Returns the scores of normal images and the threshold from them.
     *
     * @param scorer computes the scores
     * @param images normal images, at least one
     * @param listener receives {@link TrainingListener#scores}
     * @return mean, deviation, maximum, threshold and the range of the maps
     * @throws RlrException if an image cannot be read
     */
    public static ScoreStatistics scores(AnomalyScorer scorer, List<ImageSource> images, TrainingListener listener) {
        return NormalScores.of(scorer, images, listener).statistics();
    }
}
