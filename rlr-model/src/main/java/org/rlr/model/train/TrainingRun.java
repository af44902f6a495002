package org.rlr.model.train;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.rlr.model.RlrModel;
import org.rlr.model.backbone.Backbone;
import org.rlr.model.config.LevelConfig;
import org.rlr.model.config.ModelInfo;
import org.rlr.model.config.RlrConfig;
import org.rlr.model.config.Scoring;
import org.rlr.model.config.Selection;
import org.rlr.model.config.Texts;
import org.rlr.model.config.Thresholds;
import org.rlr.model.config.TrainingSettings;
import org.rlr.model.config.Validation;
import org.rlr.model.data.DataSetException;
import org.rlr.model.data.Sample;
import org.rlr.model.detect.AnomalyScorer;
import org.rlr.model.eval.EvaluationResult;
import org.rlr.model.eval.Evaluator;
import org.rlr.model.eval.ThresholdEstimator;
import org.rlr.model.eval.Thresholding;
import org.rlr.model.features.ComputedFeatureMaps;
import org.rlr.model.features.FeatureMaps;
import org.rlr.model.features.FeatureStatistics;
import org.rlr.model.features.ProductRecognizer;
import org.rlr.model.transformer.RlrTransformer;
import org.rlr.tensor.CancelledException;
import org.rlr.tensor.InvalidSettingException;
import org.rlr.tensor.backend.Backend;

/** One training: prepares it, runs it and chooses its models. */
final class TrainingRun {
    /** The most epochs of a training with a deadline. */
    private static final int MOST_EPOCHS = 100_000;

    private final Backend backend;
    private final RlrConfig config;
    private final TrainingListener listener;
    private final Scoring scoring;
    private final @Nullable SharedFeatures shared;
    /** The deadline of {@link RlrTraining#time}; null for the settings' epochs. */
    private final @Nullable Long deadline;

    private final Backbone backbone;
    private final TrainingImages images;
    private final TrainingCheckpoints checkpoints;
    private final @Nullable TestEvaluation test;
    private final EpochKeeper keeper;
    private final List<RlrTransformer> levels = new ArrayList<>();
    /** The settings; with a deadline, with the number of epochs that fits it. */
    private TrainingSettings settings;

    private @Nullable TrainingIdentity identity;
    private @Nullable TrainingState resumed;
    /** The state at the end of the last epoch, if it is not on disk and a cancelled training must keep it. */
    private @Nullable TrainingState reached;
    /** The file of the last state on disk. */
    private @Nullable Path last;
    /** The number of finished epochs. */
    private int done;

    private @Nullable List<FeatureStatistics> statistics;
    private @Nullable ProductStatistics products;
    private @Nullable ProductRecognizer recognizer;

    /** Creates a run with a trainer's settings. */
    TrainingRun(
            Trainer trainer,
            Backbone backbone,
            TrainingImages images,
            TrainingCheckpoints checkpoints,
            @Nullable TestEvaluation test) {
        backend = trainer.backend;
        config = trainer.config;
        settings = trainer.settings;
        listener = trainer.listener;
        scoring = trainer.scoring;
        shared = trainer.shared;
        deadline = trainer.deadline;
        this.backbone = backbone;
        this.images = images;
        this.checkpoints = checkpoints;
        this.test = test;
        keeper = new EpochKeeper(settings.validation(), test);
    }

    /** Trains; a cancelled training keeps its state. */
    Trained train() {
        try {
            prepare();
            double loss = run();
            return choose(loss);
        } catch (RuntimeException e) {
            throw CancellingListener.isBehind(e) ? cancelled(e) : e;
        }
    }

    private CancelledException cancelled(RuntimeException cause) {
        // clear the interrupt: reading images that are not files, for a state not yet kept, must work
        boolean interrupted = Thread.interrupted();
        try {
            return new CancelledException(
                    "the training was " + (interrupted ? "interrupted" : "cancelled") + " after " + done + " of "
                            + Texts.count(settings.epochs(), "epoch"),
                    keep(),
                    cause);
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** Writes the state at the end of the last epoch if it is not on disk; returns how to resume. */
    private String keep() {
        TrainingState state = reached;
        if (state != null) {
            return StateRescue.keep(checkpoints, state.epochs(), file -> state.save(file, identity(() -> {})));
        }
        return last == null
                ? "train again; with `checkpoint` a training that is cancelled can be resumed"
                : StateRescue.resume(last);
    }

    /** Frees the learned parameters of a failed training. */
    void closeLevels() {
        levels.forEach(RlrTransformer::close);
    }

    /** Checks as much as possible before training, and reads the state to resume from. */
    void prepare() {
        if (images.training().isEmpty()) {
            throw TrainingImages.none();
        }
        if (settings.validation() != null && images.validation().isEmpty()) {
            throw new DataSetException(
                    "`validation` is set, but no images are held out",
                    "hold some out with ValidationSplit, or omit `validation`",
                    null);
        }
        Validation validation = settings.validation();
        if (validation != null && validation.falseAlarmRate() != null) {
            ThresholdEstimator.requireEnough(images.validation().size(), validation.falseAlarmRate());
        }
        if (deadline != null && checkpoints.resume() != null) {
            settings = settings.toBuilder()
                    .epochs(TrainingState.planned(checkpoints.resume()))
                    .build();
        }
        if (!checkpoints.equals(TrainingCheckpoints.NONE)) {
            identity(listener::heartbeat);
        }
        if (checkpoints.resume() != null) {
            resumed = TrainingState.load(checkpoints.resume(), identity(listener::heartbeat), settings.epochs());
            last = checkpoints.resume();
            done = resumed.epochs();
            keeper.restore(resumed);
        }
        if (deadline == null || resumed != null) {
            requireEvaluated();
        }
    }

    /** Checks that at least one epoch is evaluated if the best one on test images is kept. */
    private void requireEvaluated() {
        if (test == null || !test.keepBest()) {
            return;
        }
        Validation validation = settings.validation();
        Integer patience = validation == null ? null : validation.patience();
        InvalidSettingException.require(
                patience == null || test.every() <= patience + 1,
                "TestEvaluation.every",
                test.every(),
                "at most 1 more than `Validation.patience`, so that an epoch is evaluated before the training"
                        + " may end");
        if (keeper.of(Selection.By.TEST_IMAGE_AUROC) == null
                && settings.epochs() / test.every() * test.every() <= done) {
            throw new InvalidSettingException(
                    "TestEvaluation.every",
                    test.every(),
                    "at most the number of epochs",
                    "`TestEvaluation.keepBest` has nothing to choose from: `TestEvaluation.every` " + test.every()
                            + " evaluates none of the epochs up to " + settings.epochs(),
                    "lower it");
        }
    }

    /** Returns the identity, computed once because it reads every image. */
    private TrainingIdentity identity(Runnable heartbeat) {
        if (identity == null) {
            identity = TrainingIdentity.of(config, settings, scoring, images, backbone, heartbeat);
        }
        return identity;
    }

    /** Computes features and runs the epochs; returns the mean loss of the last. */
    double run() {
        long started = System.nanoTime();
        List<LevelConfig> shapes = config.shapes(backbone.info().levels());
        FeatureMaps maps = maps();
        long memory = shared != null ? FeatureStore.MEMORY_LIMIT / 2 : FeatureStore.MEMORY_LIMIT;
        try (TrainingFeatures features = new TrainingFeatures(
                backend, config, listener, backbone, maps, images, shapes, settings.batchSize(), memory)) {
            statistics = features.statistics();
            products = features.products();
            shapes.forEach(shape -> levels.add(new RlrTransformer(shape, backend, true)));
            int count = features.training();
            plan(features, (System.nanoTime() - started) / 1e9);
            ValidationLoss validation = images.validation().isEmpty()
                    ? null
                    : new ValidationLoss(
                            backend,
                            features.store(),
                            count,
                            features.validation(),
                            settings.batchSize(),
                            listener::heartbeat);
            return new TrainingLoop(backend, settings, listener, levels, features.store(), count)
                    .run(resumed, keeper::ends, (epoch, losses, speed, optimizers) -> {
                        EpochReport.Losses held = validation == null ? null : validation.of(levels, epoch);
                        EvaluationResult metrics = test == null || !test.due(epoch) ? null : evaluate(test, epoch);
                        keeper.consider(epoch, losses.total(), held, metrics, levels);
                        write(
                                new EpochReport(epoch, losses, optimizers.learningRate(), speed, held, metrics),
                                optimizers);
                    });
        }
    }

    /** Fits the number of epochs to a deadline, and reports the estimate. */
    private void plan(TrainingFeatures features, double featureSeconds) {
        int steps = (features.training() - 1) / settings.batchSize() + 1;
        boolean fitted = deadline != null && resumed == null;
        Duration remaining = null;
        if (fitted || (settings.epochs() - done) * (long) steps >= StepTimer.WORTHWHILE_STEPS) {
            double left = deadline == null ? Double.POSITIVE_INFINITY : (deadline - System.nanoTime()) / 1e9;
            double step = StepTimer.seconds(
                    backend, settings, levels, features.store(), features.training(), left, listener::heartbeat);
            // the backward pass takes twice the time of the forward pass
            double forward = step / Math.min(settings.batchSize(), features.training()) / 3;
            double score = featureSeconds / features.computed() + forward;
            double epoch = steps * step
                    + features.validation() * forward
                    + (test == null ? 0 : test.data().test().size() * score / test.every());
            double scores = (features.training() + features.validation()) * score;
            if (deadline != null && fitted) {
                double fit = ((deadline - System.nanoTime()) / 1e9 - scores) / epoch;
                settings = settings.toBuilder()
                        .epochs((int) Math.max(1, Math.min(MOST_EPOCHS, fit)))
                        .build();
                identity = identity == null ? null : identity.with(settings);
                requireEvaluated();
            }
            remaining = duration((settings.epochs() - done) * epoch + scores);
        }
        listener.estimated(new TrainingEstimate(
                features.training(),
                features.validation(),
                levels.stream().mapToLong(level -> level.parameters().count()).sum(),
                settings.epochs(),
                done,
                steps,
                duration(featureSeconds),
                remaining));
    }

    private static Duration duration(double seconds) {
        return Duration.ofMillis(Math.round(1000 * seconds));
    }

    private void write(EpochReport report, LevelOptimizers optimizers) {
        done = report.epoch();
        int end = keeper.ends(done) ? done : settings.epochs();
        Supplier<TrainingState> now = () -> TrainingState.of(
                report.epoch(), settings.epochs(), report.training().total(), levels, optimizers, keeper);
        Consumer<Path> state = file -> now.get().save(file, identity(() -> {}));
        Path file = checkpoints.file();
        boolean due = checkpoints.due(done, end);
        reached = null; // avoid two states in memory
        if (!due && (file != null || done == end)) {
            reached = now.get();
        }
        Runnable writing = () -> {
            CancelledException cancelled = null;
            try {
                listener.epoch(report);
            } catch (CancelledException e) {
                cancelled = e;
            }
            if (file != null && due) {
                state.accept(file);
                last = file;
            }
            if (cancelled != null) {
                throw cancelled;
            }
        };
        StateRescue.around(report.epoch(), checkpoints, writing, state);
    }

    private EvaluationResult evaluate(TestEvaluation tested, int epoch) {
        RlrModel model = model();
        try {
            int total = tested.data().test().size();
            int[] done = {0};
            return new Evaluator(scorer(model))
                    .evaluate(
                            tested.data(),
                            (sample, score, defective, map) -> listener.evaluated(epoch, ++done[0], total));
        } finally {
            closeLevels(model);
        }
    }

    /** Returns the models of the last epoch or of the best epochs. */
    Trained choose(double loss) {
        // first, because a kept epoch overwrites the last epoch's parameters
        RlrModel model = settings.validation() != null && settings.validation().keepBest()
                ? best(Selection.By.VALIDATION_LOSS, images.validation().size())
                : scored(loss, null);
        try {
            RlrModel best = test == null || !test.keepBest()
                    ? null
                    : best(Selection.By.TEST_IMAGE_AUROC, test.data().test().size());
            levels.forEach(RlrTransformer::close);
            return new Trained(model, best, null);
        } catch (Throwable t) {
            closeLevels(model);
            throw t;
        }
    }

    /**
     * Returns the model of the best epoch, chosen by that many images; its parameters overwrite those of the levels.
     */
    private RlrModel best(Selection.By by, int choosing) {
        EpochKeeper.Best best = keeper.of(by);
        if (best == null) {
            throw new IllegalStateException("no epoch was kept by " + by);
        }
        try {
            for (int i = 0; i < levels.size(); i++) {
                levels.get(i).parameters().fromArray(best.parameters().get(i));
            }
        } catch (IllegalArgumentException e) {
            throw StateFile.damaged(String.valueOf(e.getMessage()), e);
        }
        return scored(best.loss(), new Selection(by, best.epoch(), best.value(), choosing));
    }

    /** Returns a model with copies of the levels' parameters, without gradients; shares the backbone. */
    private RlrModel model() {
        List<RlrTransformer> copies = new ArrayList<>();
        try {
            for (RlrTransformer level : levels) {
                RlrTransformer copy = new RlrTransformer(level.config(), backend, false);
                copies.add(copy);
                copy.parameters().copyFrom(level.parameters());
            }
            return new RlrModel(
                    backend,
                    ModelInfo.builder(config)
                            .training(settings)
                            .scoring(scoring)
                            .build(),
                    backbone,
                    statistics,
                    copies,
                    recognizer());
        } catch (Throwable t) {
            copies.forEach(RlrTransformer::close);
            throw t;
        }
    }

    /** Returns the recogniser, created once, after a finite loss. */
    private @Nullable ProductRecognizer recognizer() {
        if (recognizer == null && products != null) {
            recognizer = products.recognizer();
        }
        return recognizer;
    }

    /** Returns the thresholds from held-out images if selected, else from the training images' scores. */
    private Thresholds thresholds(RlrModel trained) {
        Validation validation = settings.validation();
        return validation == null || validation.falseAlarmRate() == null
                ? trained.info().thresholds()
                : Thresholding.falseAlarmRate(validation.falseAlarmRate())
                        .of(
                                scorer(trained),
                                Map.of(
                                        "",
                                        images.validation().stream()
                                                .map(image -> Sample.good(image, ""))
                                                .toList()),
                                listener::heartbeat);
    }

    /** Returns the model with its description, including the scores of the training images. */
    private RlrModel scored(double loss, @Nullable Selection selection) {
        RlrModel model = model();
        try {
            NormalScores scores = NormalScores.of(scorer(model), images.training(), listener);
            RlrModel trained = model.with(model.info().toBuilder()
                    .classes(images.classes())
                    .images(images.training().size())
                    .loss(loss)
                    .scores(scores.statistics())
                    .thresholds(Thresholds.ofTraining(scores.statistics(), scores.byClass(images.labels())))
                    .selection(selection)
                    .build());
            return trained.with(trained.info().with(thresholds(trained)));
        } catch (Throwable t) {
            closeLevels(model);
            throw t;
        }
    }

    private FeatureMaps maps() {
        return shared != null ? shared : new ComputedFeatureMaps(backbone, config, listener::heartbeat);
    }

    private AnomalyScorer scorer(RlrModel model) {
        return new AnomalyScorer(model, maps());
    }

    /** Closes the levels but keeps the backbone, which the models share. */
    private static void closeLevels(RlrModel model) {
        model.levels().forEach(RlrTransformer::close);
    }
}
