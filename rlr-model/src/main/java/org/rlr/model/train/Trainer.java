package org.rlr.model.train;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.rlr.model.RlrModel;
import org.rlr.model.backbone.Backbone;
import org.rlr.model.config.LevelConfig;
import org.rlr.model.config.ModelInfo;
import org.rlr.model.config.RlrConfig;
import org.rlr.model.config.ScoreStatistics;
import org.rlr.model.config.Scoring;
import org.rlr.model.config.Selection;
import org.rlr.model.config.TrainingSettings;
import org.rlr.model.detect.AnomalyScorer;
import org.rlr.model.eval.EvaluationResult;
import org.rlr.model.eval.Evaluator;
import org.rlr.model.features.ComputedFeatureMaps;
import org.rlr.model.features.FeatureMaps;
import org.rlr.model.features.FeatureStatistics;
import org.rlr.model.transformer.RlrTransformer;
import org.rlr.tensor.RlrException;
import org.rlr.tensor.backend.Backend;

/**
 * Trains one model on normal images of all classes together (RLR §1 to §8). Features of the frozen backbone are
 * computed once and kept; every epoch reads them in a new random order. The same seed gives the same model, bit for
 * bit, on the same kernels.
 */
public final class Trainer {
    private final Backend backend;
    private final RlrConfig config;
    private final TrainingSettings settings;
    private final TrainingListener listener;
    private final Scoring scoring;
    private final SharedFeatures shared;

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
            Scoring scoring,
            SharedFeatures shared) {
        this.backend = backend;
        this.config = config;
        this.settings = settings;
        this.listener = listener;
        this.scoring = scoring == null ? Scoring.published(config) : scoring.requireLevelsOf(config);
        this.shared = shared;
    }

    /**
     * Trains on image files.
     *
     * @param backbone the feature extractor that the configuration names; the model takes it over, it is closed if
     *     training fails
     * @param images normal images
     * @param classes names of their classes, for the model's description
     * @return the model, with the threshold that its own training images give
     * @throws RlrException if an image cannot be read, memory is short or the loss is no longer finite
     */
    public RlrModel train(Backbone backbone, List<Path> images, List<String> classes) {
        return train(backbone, new TrainingImages(images, List.of(), classes), TrainingCheckpoints.NONE, null)
                .model();
    }

    /**
     * As {@link #train(Backbone, List, List)}, with images held out and test images looked at where there are some,
     * leaving the training's state behind now and then, or going on from one: a training that was ended at any moment
     * and is gone on with gives the same models, bit for bit, as one left alone.
     *
     * @param backbone the feature extractor that the configuration names; the model takes it over, it is closed if
     *     training fails
     * @param images those learned from, at least one, and those held out
     * @param checkpoints where to leave states, and which to go on from
     * @param test the test images to evaluate after epochs; null for none
     * @return the model, and that of the epoch that was best on the test images where it was asked for
     * @throws RlrException as that, or if a state cannot be read or written, or is another training's
     */
    public Trained train(
            Backbone backbone, TrainingImages images, TrainingCheckpoints checkpoints, TestEvaluation test) {
        List<RlrTransformer> levels = new ArrayList<>();
        try {
            if (images.training().isEmpty()) {
                throw new RlrException("there are no training images");
            }
            if (settings.validation() != null && images.validation().isEmpty()) {
                throw new RlrException("--validation is given, but no image is held out");
            }
            TrainingIdentity identity = checkpoints.equals(TrainingCheckpoints.NONE)
                    ? null
                    : TrainingIdentity.of(config, settings, scoring, images, backbone);
            TrainingState resumed = checkpoints.resume() == null
                    ? null
                    : TrainingState.load(checkpoints.resume(), identity, settings.epochs());
            EpochKeeper keeper = new EpochKeeper(settings.validation(), test);
            if (resumed != null) {
                keeper.restore(resumed);
            }
            requireEvaluation(test, keeper, resumed == null ? 0 : resumed.epochs());
            List<LevelConfig> shapes = config.shapes(backbone.info().levels());
            List<FeatureStatistics> statistics;
            double loss;
            FeatureMaps maps = shared != null ? shared : new ComputedFeatureMaps(backbone, config);
            long memory = shared != null ? FeatureStore.MEMORY_LIMIT / 2 : FeatureStore.MEMORY_LIMIT;
            try (TrainingFeatures features = new TrainingFeatures(
                    backend, config, listener, backbone, maps, images, shapes, settings.batchSize(), memory)) {
                statistics = features.statistics();
                for (LevelConfig shape : shapes) {
                    levels.add(new RlrTransformer(shape, backend, true));
                }
                int count = features.training();
                ValidationLoss validation = images.validation().isEmpty()
                        ? null
                        : new ValidationLoss(
                                backend, features.store(), count, features.validation(), settings.batchSize());
                loss = new TrainingLoop(backend, settings, listener, levels, features.store(), count)
                        .run(resumed, (epoch, losses, speed, optimizers) -> {
                            EpochReport.Losses held = validation == null ? null : validation.of(levels, epoch);
                            EvaluationResult metrics = test == null || !test.due(epoch)
                                    ? null
                                    : evaluate(epoch, test, model(backbone, statistics, levels));
                            keeper.consider(epoch, losses.total(), held, metrics, levels);
                            Consumer<Path> state = file -> TrainingState.of(
                                            epoch, losses.total(), levels, optimizers, keeper)
                                    .save(
                                            file,
                                            identity != null
                                                    ? identity
                                                    : TrainingIdentity.of(config, settings, scoring, images, backbone));
                            StateRescue.around(
                                    epoch,
                                    checkpoints,
                                    () -> {
                                        listener.epoch(new EpochReport(
                                                epoch, losses, optimizers.learningRate(), speed, held, metrics));
                                        if (checkpoints.due(epoch, settings.epochs())) {
                                            state.accept(checkpoints.file());
                                        }
                                    },
                                    state);
                        });
            }
            // first, as a kept epoch takes the place of the last one's parameters
            RlrModel model =
                    settings.validation() != null && settings.validation().keepBest()
                            ? chosen(
                                    keeper,
                                    Selection.By.VALIDATION_LOSS,
                                    backbone,
                                    statistics,
                                    levels,
                                    images,
                                    images.validation().size())
                            : scored(model(backbone, statistics, levels), images, loss, null);
            try {
                RlrModel best = test == null || !test.keepBest()
                        ? null
                        : chosen(
                                keeper,
                                Selection.By.TEST_IMAGE_AUROC,
                                backbone,
                                statistics,
                                levels,
                                images,
                                test.data().test().size());
                levels.forEach(RlrTransformer::close);
                return new Trained(model, best);
            } catch (Throwable t) {
                closeLevels(model);
                throw t;
            }
        } catch (Throwable t) {
            levels.forEach(RlrTransformer::close);
            backbone.close();
            throw t;
        }
    }

    /** Closes the model's levels, not the backbone. */
    private EvaluationResult evaluate(int epoch, TestEvaluation test, RlrModel model) {
        try {
            int total = test.data().test().size();
            int[] done = {0};
            return new Evaluator(scorer(model))
                    .evaluate(
                            test.data(),
                            (sample, score, defective, map) -> listener.evaluated(epoch, ++done[0], total));
        } finally {
            closeLevels(model);
        }
    }

    /** Finds out before training whether there will be anything to choose from. */
    private void requireEvaluation(TestEvaluation test, EpochKeeper keeper, int done) {
        if (test != null
                && test.keepBest()
                && keeper.of(Selection.By.TEST_IMAGE_AUROC) == null
                && settings.epochs() / test.every() * test.every() <= done) {
            throw new RlrException("--best-on-test has nothing to choose from: --evaluate-every " + test.every()
                    + " evaluates none of the epochs up to " + settings.epochs() + "; lower it");
        }
    }

    /**
     * The model of the epoch that was best by something, which so many images chose; the levels take over its
     * parameters.
     */
    private RlrModel chosen(
            EpochKeeper keeper,
            Selection.By by,
            Backbone backbone,
            List<FeatureStatistics> statistics,
            List<RlrTransformer> levels,
            TrainingImages images,
            int choosing) {
        KeptEpoch best = keeper.of(by);
        try {
            for (int i = 0; i < levels.size(); i++) {
                levels.get(i).parameters().fromArray(best.parameters().get(i));
            }
        } catch (IllegalArgumentException e) {
            throw StateFile.damaged(e);
        }
        return scored(
                model(backbone, statistics, levels),
                images,
                best.loss(),
                new Selection(by, best.epoch(), best.value(), choosing));
    }

    private static void closeLevels(RlrModel model) {
        if (model != null) {
            model.levels().forEach(RlrTransformer::close);
        }
    }

    /** A model of copies of the levels' parameters, without gradients. */
    private RlrModel model(Backbone backbone, List<FeatureStatistics> statistics, List<RlrTransformer> levels) {
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
                    copies);
        } catch (Throwable t) {
            copies.forEach(RlrTransformer::close);
            throw t;
        }
    }

    /** The model with its description, by the scores of the training images; closes its levels if that fails. */
    private RlrModel scored(RlrModel model, TrainingImages images, double loss, Selection selection) {
        try {
            ScoreStatistics scores = scores(scorer(model), images.training(), listener);
            ModelInfo info = ModelInfo.builder(config)
                    .training(settings)
                    .classes(images.classes())
                    .images(images.training().size())
                    .loss(loss)
                    .scores(scores)
                    .selection(selection)
                    .scoring(scoring)
                    .build();
            return model.with(info);
        } catch (Throwable t) {
            closeLevels(model);
            throw t;
        }
    }

    private AnomalyScorer scorer(RlrModel model) {
        return shared == null ? new AnomalyScorer(model) : new AnomalyScorer(model, shared);
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
    public static ScoreStatistics scores(AnomalyScorer scorer, List<Path> images, TrainingListener listener) {
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
        return ScoreStatistics.of(scores, range[0], range[1]);
    }
}
