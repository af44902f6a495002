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
 * computed once and kept; every epoch reads them in a new random order. The same seed gives the same model, bit for
 * bit, on the same kernels, with any number of threads.
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
     * A trainer on a backend.
     *
     * @param backend where to train; stays the caller's
     * @param config the model
     * @param settings the training
     * @param listener hears how it goes on
     */
    public Trainer(Backend backend, RlrConfig config, TrainingSettings settings, TrainingListener listener) {
        this(backend, config, settings, listener, null, null);
    }

    /**
     * A trainer.
     *
     * @param backend where to train; stays the caller's
     * @param config the model
     * @param settings the training
     * @param listener hears how it goes on
     * @param scoring how the model is to score; it has no say in what is learned. Null for the published way
     * @param shared the feature maps of all images, test images too, computed before; null to compute them
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
     * @param cancelWhen whether to end as after an interrupt; asked often, on the training thread
     * @param deadline value of {@link System#nanoTime} to be done at, as {@link RlrTraining#time} says; null for the
     *     settings' epochs
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
     * @return the model, with the threshold that its own training images give
     * @throws RlrException if an image cannot be read, memory is short or the loss is no longer finite
     */
    public RlrModel train(Backbone backbone, List<ImageSource> images, List<String> classes) {
        return train(backbone, new TrainingImages(images, List.of(), classes), TrainingCheckpoints.NONE, null)
                .model();
    }

    /**
     * As {@link #train(Backbone, List, List)}, with images held out and test images looked at where there are some, and
     * with the training's state written now and then, or resumed from one. A resumed training gives the same models,
     * bit for bit, as an uninterrupted one.
     *
     * @param backbone the feature extractor that the configuration names; the model takes it over, it is closed if
     *     training fails
     * @param images those learned from, at least one, and those held out
     * @param checkpoints where to write states, and which to resume from
     * @param test the test images to evaluate after epochs; null for none
     * @return the model, and that of the epoch that was best on the test images where it was asked for
     * @throws RlrException as that, or if a state cannot be read or written, or is another training's
     * @throws org.rlr.tensor.CancelledException if the thread is interrupted, as {@link RlrTraining} says
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
     * Scores of normal images and the threshold that they give.
     *
     * @param scorer by whose scoring
     * @param images normal images, at least one
     * @param listener hears {@link TrainingListener#scores}
     * @return mean, deviation, maximum, threshold and the range of the maps
     * @throws RlrException if an image cannot be read
     */
    public static ScoreStatistics scores(AnomalyScorer scorer, List<ImageSource> images, TrainingListener listener) {
        return NormalScores.of(scorer, images, listener).statistics();
    }
}
