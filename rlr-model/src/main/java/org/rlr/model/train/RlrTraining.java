package org.rlr.model.train;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.rlr.model.ModelFile;
import org.rlr.model.backbone.Backbone;
import org.rlr.model.backbone.Backbones;
import org.rlr.model.backbone.BorrowedBackbone;
import org.rlr.model.config.LevelConfig;
import org.rlr.model.config.RlrConfig;
import org.rlr.model.config.Scoring;
import org.rlr.model.config.TrainingSettings;
import org.rlr.model.data.DataSet;
import org.rlr.model.transformer.RlrTransformer;
import org.rlr.model.weights.WeightsCache;
import org.rlr.tensor.CancelledException;
import org.rlr.tensor.InvalidSettingException;
import org.rlr.tensor.backend.Backend;
import org.rlr.tensor.backend.BackendSettings;
import org.rlr.tensor.backend.Backends;
import org.rlr.tensor.io.DiskSpace;

/**
 * A training of one model on the normal images of all classes of a data set, from its settings to its files.
 *
 * <pre>{@code
 * try (Trained trained = RlrTraining.on(data).settings(s -> s.epochs(30)).run()) {
 *     ModelFile.save(trained.model(), Path.of("model.safetensors"));
 * }
 * }</pre>
 *
 * <p>Settings that are not set have the value of the recommended recipe ({@link Recipe#DEFAULT}). The same settings and
 * images give a bit-identical model on the same kernels, with any number of threads. One thread at a time may use an
 * instance; it may be run several times.
 *
 * <h2>Cancelling</h2>
 *
 * <p>If its thread is interrupted, for example by {@link java.util.concurrent.ExecutorService#shutdownNow}, or
 * {@link #cancelWhen} returns true, a training ends with a {@link CancelledException} within the time of one step, one
 * batch of images or the metrics of one class. After an interrupt the interrupt status stays set.
 *
 * <ul>
 *   <li>With a {@link #checkpoint} the state at the end of the last epoch is written before the exception is thrown,
 *       with any {@code every}. A training that {@linkplain #resume resumes} from it gives a bit-identical model. The
 *       state is kept in memory until it is written: 12 bytes per learned parameter.
 *   <li>Without a checkpoint a training that is cancelled before the end of its last epoch is lost. After that its
 *       state is kept in a folder for temporary files.
 *   <li>{@link CancelledException#remedy} says how to resume.
 *   <li>After the training images are scored, the training can no longer be cancelled: {@link #run} writes the files
 *       and returns the model. A file is always written completely or not at all.
 * </ul>
 */
public final class RlrTraining {
    private static final Duration LONGEST = Duration.ofDays(366);

    private final DataSet data;
    private final List<Consumer<RlrConfig.Builder>> configChanges = new ArrayList<>();
    private final List<Consumer<TrainingSettings.Builder>> settingsChanges = new ArrayList<>();
    private String recipe = Recipe.DEFAULT;
    private @Nullable RlrConfig config;
    private @Nullable TrainingSettings settings;
    private @Nullable Scoring scoring;
    private @Nullable String backboneName;
    private @Nullable Path weights;
    private @Nullable Backbone backbone;
    private @Nullable Backend backend;
    private @Nullable SharedFeatures features;
    private int testEvery;
    private boolean keepBestOnTest;
    private @Nullable Duration time;
    private final TrainingFiles files = new TrainingFiles();
    private TrainingListener listener = new LoggingListener();
    private BooleanSupplier cancelWhen = () -> false;

    private RlrTraining(DataSet data) {
        this.data = data;
    }

    /**
     * Creates a training on the training images of a data set.
     *
     * @param data with training images of every class
     * @return the training, with the recommended settings and a backbone that needs no weights
     */
    public static RlrTraining on(DataSet data) {
        return new RlrTraining(Objects.requireNonNull(data, "data"));
    }

    /**
     * Chooses the backbone by name. Its weights, if any, come from {@link WeightsCache#ofUser}.
     *
     * @param name one of {@link Backbones#names}
     * @return this
     */
    public RlrTraining backbone(String name) {
        return backbone(name, WeightsCache.ofUser());
    }

    /**
     * Chooses the backbone by name, and the cache of its weights.
     *
     * @param name one of {@link Backbones#names}
     * @param cache holds the weights, if the backbone needs any
     * @return this
     */
    public RlrTraining backbone(String name, WeightsCache cache) {
        backboneName = name;
        weights = Backbones.info(name).needsWeights() ? cache.find(name).orElse(null) : null;
        backbone = null;
        return this;
    }

    /**
     * Chooses the backbone by name, and a file of its weights.
     *
     * @param name one of {@link Backbones#names}
     * @param file its weights, SafeTensors or .pth
     * @return this
     */
    public RlrTraining backbone(String name, Path file) {
        backboneName = name;
        weights = file;
        backbone = null;
        return this;
    }

    /**
     * Uses an open backbone, for example for several trainings; {@link #backend} must be set to its backend.
     *
     * @param open the backbone; the caller closes it, after the model
     * @return this
     */
    public RlrTraining backbone(Backbone open) {
        backboneName = open.info().name();
        backbone = open;
        return this;
    }

    /**
     * Chooses the recipe that {@link #config(Consumer)} and {@link #settings(Consumer)} start from;
     * {@link Recipe#DEFAULT} by default.
     *
     * @param name as for {@link Recipe#of(String, String, DataSet)}
     * @return this
     */
    public RlrTraining recipe(String name) {
        recipe = name;
        return this;
    }

    /**
     * Replaces the recipe's model configuration, for example by {@link ConfigFile#config}, including the backbone
     * unless one is chosen.
     *
     * @param whole the model
     * @return this
     */
    public RlrTraining config(RlrConfig whole) {
        config = whole;
        return this;
    }

    /**
     * Changes the model configuration.
     *
     * @param change receives a builder with the recipe's values; several changes apply in order
     * @return this
     */
    public RlrTraining config(Consumer<RlrConfig.Builder> change) {
        configChanges.add(change);
        return this;
    }

    /**
     * Replaces the recipe's training settings, for example by {@link ConfigFile#training}.
     *
     * @param whole the training
     * @return this
     */
    public RlrTraining settings(TrainingSettings whole) {
        settings = whole;
        return this;
    }

    /**
     * Changes the training settings: epochs, batch size, learning rate, seed, held-out images.
     *
     * @param change receives a builder with the recipe's values; several changes apply in order
     * @return this
     */
    public RlrTraining settings(Consumer<TrainingSettings.Builder> change) {
        settingsChanges.add(change);
        return this;
    }

    /**
     * Limits the time of the training: replaces {@code epochs} of the settings by the number that fits, at least one,
     * estimated from the time of features and a few steps on this machine. The learning rate's schedule adapts to it.
     * The model records the number; another training with it as {@code epochs} gives the same bits. The true time
     * depends on the machine's other load. A training that {@linkplain #resume resumes} keeps the number of epochs in
     * its state.
     *
     * @param budget the time for all of {@link #run}; null for the settings' epochs
     * @return this
     * @throws InvalidSettingException if it is not positive, or more than a year
     */
    public RlrTraining time(@Nullable Duration budget) {
        InvalidSettingException.require(
                budget == null || !(budget.isNegative() || budget.isZero() || budget.compareTo(LONGEST) > 0),
                "time",
                budget,
                "positive and at most " + LONGEST.toHours() + " hours");
        time = budget;
        return this;
    }

    /**
     * Chooses how the model scores; this does not change training.
     *
     * @param chosen levels, weights and smoothing; null for the published scoring
     * @return this
     */
    public RlrTraining scoring(@Nullable Scoring chosen) {
        scoring = chosen;
        return this;
    }

    /**
     * Chooses the backend of the training.
     *
     * @param open the backend; the caller closes it, after the model
     * @return this
     */
    public RlrTraining backend(Backend open) {
        backend = open;
        return this;
    }

    /**
     * Uses feature maps that were computed before, for example for several seeds. Requires the backbone that computed
     * them.
     *
     * @param shared the maps of all training images, and of the test images if they are evaluated; the caller closes
     *     them; null to compute them
     * @return this
     */
    public RlrTraining features(@Nullable SharedFeatures shared) {
        features = shared;
        return this;
    }

    /**
     * Evaluates the data set's test images while training, for {@link TrainingListener#epoch} and {@link #metrics}.
     *
     * @param epochs the number of epochs between evaluations
     * @return this
     * @throws InvalidSettingException if it is below 1
     */
    public RlrTraining testEvery(int epochs) {
        InvalidSettingException.require(epochs >= 1, "TestEvaluation.every", epochs, "at least 1");
        testEvery = epochs;
        return this;
    }

    /**
     * Also keeps the model of the best epoch on the test images, as {@link Trained#bestOnTest}; needs
     * {@link #testEvery}.
     *
     * @return this
     */
    public RlrTraining keepBestOnTest() {
        keepBestOnTest = true;
        return this;
    }

    /**
     * Writes the training's state, so that it can be resumed.
     *
     * @param file replaced each time
     * @param every the number of epochs between states; also written after the last epoch and on cancellation
     * @return this
     * @throws InvalidSettingException if {@code every} is below 1
     */
    public RlrTraining checkpoint(Path file, int every) {
        files.checkpoints =
                new TrainingCheckpoints(Objects.requireNonNull(file, "file"), every, files.checkpoints.resume());
        return this;
    }

    /**
     * Resumes from a state, with the same settings and images; {@code epochs} may be more.
     *
     * @param state written by {@link #checkpoint}; null to start a new training
     * @return this
     */
    public RlrTraining resume(@Nullable Path state) {
        files.checkpoints = new TrainingCheckpoints(files.checkpoints.file(), files.checkpoints.every(), state);
        return this;
    }

    /**
     * Writes a CSV file with a line per epoch ({@link MetricsFile}).
     *
     * @param csv continued by a resumed training, else replaced; null for none
     * @return this
     */
    public RlrTraining metrics(@Nullable Path csv) {
        files.metrics = csv;
        return this;
    }

    /**
     * Also writes the model to a file before {@link #run} returns. Free space is checked before the training; if
     * writing fails later, the model is kept elsewhere ({@link org.rlr.tensor.io.RescuedFiles}).
     *
     * @param model replaced; null for none
     * @return this
     */
    public RlrTraining saveTo(@Nullable Path model) {
        files.model = model;
        return this;
    }

    /**
     * Like {@link #saveTo}, for the best model on the test images, which this setting also keeps.
     *
     * @param model replaced; null for none
     * @return this
     */
    public RlrTraining saveBestOnTestTo(@Nullable Path model) {
        files.bestOnTest = model;
        return this;
    }

    /**
     * Sets the listener for progress. Without one, each epoch is logged.
     *
     * @param hears called on the training thread; {@link TrainingListener#SILENT} turns logging off
     * @return this
     */
    public RlrTraining listener(TrainingListener hears) {
        listener = Objects.requireNonNull(hears, "hears");
        return this;
    }

    /**
     * Sets a condition that cancels the training.
     *
     * @param condition returns true to end the training; called on the training thread, at every step and image and
     *     while it waits for images
     * @return this
     */
    public RlrTraining cancelWhen(BooleanSupplier condition) {
        cancelWhen = Objects.requireNonNull(condition, "condition");
        return this;
    }

    /**
     * Returns the configuration of the model to train.
     *
     * @return the result of the recipe, the backbone and the changes
     * @throws InvalidSettingException if a value is out of range or does not fit the backbone
     */
    public RlrConfig config() {
        String name = backboneName != null ? backboneName : config != null ? config.backbone() : Backbones.WEIGHT_FREE;
        RlrConfig base = config != null ? config : Recipe.of(recipe, name).config();
        RlrConfig.Builder builder = base.toBuilder().backbone(name);
        configChanges.forEach(change -> change.accept(builder));
        RlrConfig changed = builder.build();
        changed.requireFits(Backbones.info(changed.backbone()).levels());
        return changed;
    }

    /**
     * Returns the training settings.
     *
     * @return the result of the recipe and the changes
     * @throws InvalidSettingException if a value is out of range
     */
    public TrainingSettings settings() {
        return settings(config());
    }

    private TrainingSettings settings(RlrConfig shape) {
        TrainingSettings base = settings != null
                ? settings
                : Recipe.fitted(
                        recipe, Recipe.of(recipe, shape.backbone(), data).training(), shape);
        TrainingSettings.Builder builder = base.toBuilder();
        settingsChanges.forEach(change -> change.accept(builder));
        return builder.build();
    }

    /**
     * Trains.
     *
     * @return the model; the caller closes it, and with it the backend if none was given
     * @throws CancelledException if the training was cancelled
     * @throws org.rlr.tensor.RlrException if a setting does not fit, the data set lacks images or one cannot be read,
     *     the weights are missing, memory or disk space runs out, the state to resume is of another training, the loss
     *     is no longer finite, another training is writing one of the files, or a file cannot be written, which is then
     *     kept elsewhere
     * @throws IllegalStateException if an open backbone was given without its backend, or features without theirs
     */
    public Trained run() {
        Long deadline = time == null ? null : (Long) (System.nanoTime() + time.toNanos());
        Backend given = backend;
        if (backbone != null && given == null) {
            throw new IllegalStateException("an open backbone needs its backend: call backend(…) too");
        }
        if (features != null && backbone == null) {
            throw new IllegalStateException("features need the backbone that computed them: call backbone(…) too");
        }
        RlrConfig shape = config();
        TrainingSettings how = settings(shape);
        TestEvaluation test = test();
        data.requireTraining();
        try (OutputLock lock = files.lock()) {
            return runLocked(shape, how, test, given, deadline);
        }
    }

    private Trained runLocked(
            RlrConfig shape,
            TrainingSettings how,
            @Nullable TestEvaluation test,
            @Nullable Backend given,
            @Nullable Long deadline) {
        Backend device = given != null ? given : Backends.open("auto", BackendSettings.WHOLE_HEAP);
        try {
            Trained trained = run(shape, how, test, device, deadline);
            return given != null ? trained : new Trained(trained.model(), trained.bestOnTest(), device);
        } catch (Throwable t) {
            if (given == null) {
                device.close();
            }
            throw t;
        }
    }

    private @Nullable TestEvaluation test() {
        if (testEvery == 0) {
            InvalidSettingException.require(
                    !keepsBestOnTest(), "TestEvaluation.keepBest", true, "set together with `TestEvaluation.every`");
            return null;
        }
        return new TestEvaluation(data.requireEvaluation(), testEvery, keepsBestOnTest());
    }

    private boolean keepsBestOnTest() {
        return keepBestOnTest || files.bestOnTest != null;
    }

    private Trained run(
            RlrConfig shape,
            TrainingSettings how,
            @Nullable TestEvaluation test,
            Backend device,
            @Nullable Long deadline) {
        TrainingImages images = ValidationSplit.of(data, how.validation(), how.seed());
        Backbone extractor = open(shape, device);
        Trained trained = null;
        boolean taken = false;
        TrainingSettings longest = deadline == null
                ? how
                : how.toBuilder().epochs(Integer.MAX_VALUE).build();
        try (MetricsFile csv = metrics(shape, longest, extractor, device)) {
            Trainer trainer = new Trainer(
                    device, shape, how, csv == null ? listener : csv, scoring, features, cancelWhen, deadline);
            taken = true; // it closes the backbone on failure
            trained = trainer.train(extractor, images, files.checkpoints, test);
            files.save(trained, listener);
            return trained;
        } catch (Throwable t) {
            if (trained != null) {
                trained.close();
            } else if (!taken) {
                extractor.close();
            }
            throw t;
        }
    }

    /** Returns the metrics file, or null, after checking the free space for all files. */
    private @Nullable MetricsFile metrics(RlrConfig shape, TrainingSettings how, Backbone extractor, Backend device) {
        long parameters = parameters(shape, extractor, device);
        DiskSpace.require(
                files.planned(how, keepsBestOnTest(), parameters, ModelFile.bytes(shape, extractor, parameters)));
        return files.openMetrics(shape.levels(), listener);
    }

    private Backbone open(RlrConfig shape, Backend device) {
        try {
            CancelledException.throwIfInterrupted("opening the backbone");
            return backbone != null
                    ? new BorrowedBackbone(backbone)
                    : Backbones.open(shape.backbone(), weights, shape.levels(), device);
        } catch (RuntimeException e) {
            throw CancellingListener.isBehind(e)
                    ? new CancelledException("the training was interrupted before it began", "train again", e)
                    : e;
        }
    }

    /**
     * Checks the free space for the files of several trainings; {@link #run} checks it for one.
     *
     * @param trainings they differ only in their seeds and files
     * @param backbone theirs
     * @param backend the backend of the training
     * @throws org.rlr.tensor.ResourceException if there is too little room
     */
    public static void requireRoom(List<RlrTraining> trainings, Backbone backbone, Backend backend) {
        RlrConfig shape = trainings.get(0).config();
        long parameters = parameters(shape, backbone, backend);
        long model = ModelFile.bytes(shape, backbone, parameters);
        List<DiskSpace.Planned> planned = new ArrayList<>();
        for (RlrTraining training : trainings) {
            planned.addAll(
                    training.files.planned(training.settings(shape), training.keepsBestOnTest(), parameters, model));
        }
        DiskSpace.require(planned);
    }

    private static long parameters(RlrConfig shape, Backbone backbone, Backend backend) {
        long parameters = 0;
        for (LevelConfig level : shape.shapes(backbone.info().levels())) {
            try (RlrTransformer transformer = new RlrTransformer(level, backend, false)) {
                parameters += transformer.parameters().count();
            }
        }
        return parameters;
    }
}
