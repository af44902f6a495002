package org.rlr.model.train;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.rlr.model.RlrModel;
import org.rlr.model.backbone.Backbone;
import org.rlr.model.config.LevelConfig;
import org.rlr.model.config.ModelInfo;
import org.rlr.model.config.RlrConfig;
import org.rlr.model.config.ScoreStatistics;
import org.rlr.model.config.Scoring;
import org.rlr.model.config.Selection;
import org.rlr.model.config.Texts;
import org.rlr.model.config.Thresholds;
import org.rlr.model.config.TrainingSettings;
import org.rlr.model.config.Validation;
import org.rlr.model.data.DataSetException;
import org.rlr.model.data.ImageSource;
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
import org.rlr.tensor.RlrException;
import org.rlr.tensor.backend.Backend;

/**
 * Trains one model on normal images of all classes together (RLR §1 to §8). Features of the frozen backbone are
 * computed once and kept; every epoch reads them in a new random order. The same seed gives the same model, bit for
 * bit, on the same kernels, with any number of threads.
 */
public final class Trainer {
    /** Of a training that fits a deadline. */
    private static final int MOST_EPOCHS = 100_000;

    private final Backend backend;
    private final RlrConfig config;
    private final TrainingSettings settings;
    private final TrainingListener listener;
    private final Scoring scoring;
    private final @Nullable SharedFeatures shared;
    private final @Nullable Long deadline;

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
        Run run = new Run(backbone, images, checkpoints, test);
        try {
            return run.train();
        } catch (Throwable t) {
            run.levels.forEach(RlrTransformer::close);
            backbone.close();
            throw t;
        }
    }

    /** One training: prepared, run, and its models chosen. */
    private final class Run {
        private final Backbone backbone;
        private final TrainingImages images;
        private final TrainingCheckpoints checkpoints;
        private final @Nullable TestEvaluation test;
        private final EpochKeeper keeper;
        private final List<RlrTransformer> levels = new ArrayList<>();
        /** With the number of epochs that fits a deadline. */
        private TrainingSettings settings = Trainer.this.settings;

        private @Nullable TrainingIdentity identity;
        private @Nullable TrainingState resumed;
        /** The state at the end of the last epoch, where it is not on disk but a cancelled training would keep it. */
        private @Nullable TrainingState reached;
        /** The file of the last state on disk. */
        private @Nullable Path last;
        /** Epochs that have ended. */
        private int done;

        private @Nullable List<FeatureStatistics> statistics;
        private @Nullable ProductStatistics products;
        private @Nullable ProductRecognizer recognizer;

        Run(Backbone backbone, TrainingImages images, TrainingCheckpoints checkpoints, @Nullable TestEvaluation test) {
            this.backbone = backbone;
            this.images = images;
            this.checkpoints = checkpoints;
            this.test = test;
            keeper = new EpochKeeper(settings.validation(), test);
        }

        /** Trains; a cancelled training leaves its state behind. */
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
            // cleared, so that images which are no files can be read for the state of a training that keeps none
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

        /** Writes the state at the end of the last epoch, if it is not on disk; returns how to resume. */
        private String keep() {
            TrainingState state = reached;
            if (state != null) {
                return StateRescue.keep(checkpoints, state.epochs(), file -> state.save(file, identity(() -> {})));
            }
            return last == null
                    ? "train again; with `checkpoint` a training that is cancelled can be resumed"
                    : StateRescue.resume(last);
        }

        /** Checks everything that can be checked before training, and reads the state to resume from. */
        void prepare() {
            if (images.training().isEmpty()) {
                throw TrainingImages.none();
            }
            if (settings.validation() != null && images.validation().isEmpty()) {
                throw new DataSetException(
                        "`validation` is set, but no image is held out",
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

        /** Checks that an epoch is evaluated where the best on test images is to be kept. */
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

        /** Computed once, as every image is read for it. */
        private TrainingIdentity identity(Runnable heartbeat) {
            if (identity == null) {
                identity = TrainingIdentity.of(config, settings, scoring, images, backbone, heartbeat);
            }
            return identity;
        }

        /** Computes features and makes the epochs; returns the mean loss of the last. */
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

        /** Fits the number of epochs to a deadline, and says what is going to be done and how long it takes. */
        private void plan(TrainingFeatures features, double featureSeconds) {
            int steps = (features.training() - 1) / settings.batchSize() + 1;
            boolean fitted = deadline != null && resumed == null;
            Duration remaining = null;
            if (fitted || (settings.epochs() - done) * (long) steps >= StepTimer.WORTHWHILE_STEPS) {
                double left = deadline == null ? Double.POSITIVE_INFINITY : (deadline - System.nanoTime()) / 1e9;
                double step = StepTimer.seconds(
                        backend, settings, levels, features.store(), features.training(), left, listener::heartbeat);
                // gradients take twice the time of the forward pass
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
                    levels.stream()
                            .mapToLong(level -> level.parameters().count())
                            .sum(),
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
            reached = null; // not two at once
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

        /** The models of the last epoch, or of the best ones. */
        Trained choose(double loss) {
            // first, as a kept epoch takes the place of the last one's parameters
            RlrModel model = settings.validation() != null
                            && settings.validation().keepBest()
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

        /** The model of the epoch that so many images chose; the levels take over its parameters. */
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

        /** A model of copies of the levels' parameters, without gradients; shares the backbone. */
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

        /** Made once, after features whose loss is finite. */
        private @Nullable ProductRecognizer recognizer() {
            if (recognizer == null && products != null) {
                recognizer = products.recognizer();
            }
            return recognizer;
        }

        /** Those that the images held out give, where that was asked for; else those of the training images' scores. */
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

        /** The same with its description, by the scores of the training images. */
        private RlrModel scored(double loss, @Nullable Selection selection) {
            RlrModel model = model();
            try {
                Scores scores = Scores.of(scorer(model), images.training(), listener);
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

        /** Not the backbone, which the models share. */
        private static void closeLevels(RlrModel model) {
            model.levels().forEach(RlrTransformer::close);
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
        return Scores.of(scorer, images, listener).statistics();
    }

    /** Scores of normal images, and the range of their maps. */
    private record Scores(double[] images, double low, double high) {
        static Scores of(AnomalyScorer scorer, List<ImageSource> images, TrainingListener listener) {
            double[] scores = new double[images.size()];
            double[] range = {Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY};
            int[] done = {0};
            scorer.score(images, (index, map) -> {
                scores[index] = map.imageScore();
                for (float v : map.values()) {
                    range[0] = Math.min(range[0], v);
                    range[1] = Math.max(range[1], v);
                }
                listener.scores(++done[0], images.size());
            });
            return new Scores(scores, range[0], range[1]);
        }

        ScoreStatistics statistics() {
            return ScoreStatistics.of(images, low, high);
        }

        /** By the class of each image; of one class there are none of its own. */
        Map<String, ScoreStatistics> byClass(List<String> labels) {
            Map<String, ScoreStatistics> own = new TreeMap<>();
            for (String name : Set.copyOf(labels)) {
                double[] scores = IntStream.range(0, labels.size())
                        .filter(i -> labels.get(i).equals(name))
                        .mapToDouble(i -> images[i])
                        .toArray();
                own.put(name, ScoreStatistics.of(scores, low, high));
            }
            return own.size() > 1 ? own : Map.of();
        }
    }
}
