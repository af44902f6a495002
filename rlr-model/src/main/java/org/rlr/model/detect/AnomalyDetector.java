package org.rlr.model.detect;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.ref.Reference;
import java.nio.file.Path;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.rlr.model.ModelException;
import org.rlr.model.ModelFile;
import org.rlr.model.RlrModel;
import org.rlr.model.config.ModelInfo;
import org.rlr.model.config.RlrConfig;
import org.rlr.model.config.Threshold;
import org.rlr.model.config.Thresholds;
import org.rlr.model.data.ImageSource;
import org.rlr.model.data.PngFile;
import org.rlr.model.data.RgbImage;
import org.rlr.model.features.FeatureMaps;
import org.rlr.model.features.Recognition;
import org.rlr.tensor.CancelledException;
import org.rlr.tensor.ResourceException;
import org.rlr.tensor.RlrException;
import org.rlr.tensor.backend.Backend;
import org.rlr.tensor.backend.Backends;
import org.rlr.tensor.backend.MemoryUse;
import org.rlr.tensor.io.IoReason;
import org.rlr.tensor.io.SafeTensorsFile;
import org.rlr.tensor.io.TensorFileException;

/**
 * Finds anomalies in images with a trained model: what an application embeds.
 *
 * <pre>{@code
 * DetectorOptions options = DetectorOptions.builder().warmUp(true).build();
 * try (AnomalyDetector detector = AnomalyDetector.load(Path.of("model.safetensors"), options)) {
 *     Detection d = detector.detect(Path.of("part.png"));
 *     if (d.anomalous()) { … d.score(), d.regions(d.threshold()) … }
 * }
 * }</pre>
 *
 * One detector serves any number of threads: {@link DetectorOptions#maxConcurrent} images are decoded and computed at
 * once, further calls wait in their order. A call that fails leaves the detector usable.
 *
 * <p>On the CPU a model of the published size on the scattering network takes 200 MiB of heap, and each image that is
 * examined at once at most 32 MiB more, beside its file and about 12 bytes for each of its pixels. Bound those by
 * {@link DetectorOptions#maxPixels}. The backend keeps memory for the next call, which the JVM takes back where it is
 * short: {@link org.rlr.tensor.backend.BackendSettings#keptBytes}, {@link #trim()}.
 *
 * <p>Fast kernels need the JVM option {@code --add-modules jdk.incubator.vector}; without it detection works on slower
 * ones, and one log line says so. Until the JVM has compiled the kernels, a call takes many times as long. Two things
 * help: {@link DetectorOptions#warmUp}, and the JVM option
 * {@code -XX:CompileCommand=CompileThresholdScaling,org.rlr.tensor.cpu.Vector*::*,0.05}, with which the kernels are
 * compiled after a twentieth of the usual calls. A JVM that runs already takes neither option.
 *
 * <p>A detector that was forgotten, not closed, frees its threads and memory when the garbage collector finds it, and
 * logs a warning.
 */
public final class AnomalyDetector implements Detector {
    private static final System.Logger LOG = System.getLogger(AnomalyDetector.class.getName());
    private static final int WARM_UP_CALLS = 50;
    /** The warm-up ends after so many calls in a row that were not faster than the fastest before. */
    private static final int STEADY_CALLS = 3;

    private static final double STEADY = 0.95;
    private static final String LESS_MEMORY = "lower `maxConcurrent` or `maxPixels`";

    private final DetectorOptions options;
    private final RlrModel model;
    private final AnomalyScorer scorer;
    private final @Nullable ModelResources resources;
    private final DetectionQueue queue;
    private final IdleTrim idleTrim;

    private AnomalyDetector(
            RlrModel model, @Nullable ModelResources resources, DetectorOptions options, LongSupplier clock) {
        this.options = options;
        this.model = model;
        this.resources = resources;
        scorer = new AnomalyScorer(model);
        queue = new DetectionQueue(options, clock);
        idleTrim = new IdleTrim(options.idleTrim(), model);
    }

    /**
     * Loads a model onto the preferred backend that can start, with the default options.
     *
     * @param file a model file, as {@link ModelFile} describes it
     * @return a detector; the caller closes it
     * @throws RlrException as {@link #load(Path, DetectorOptions)}
     */
    public static AnomalyDetector load(Path file) {
        return load(file, DetectorOptions.DEFAULTS);
    }

    /**
     * Loads a model onto a backend, which stays the caller's, with the default options.
     *
     * @param file a model file
     * @param backend holds the weights and computes
     * @return a detector; the caller closes it, and then the backend
     * @throws RlrException as {@link #load(Path, DetectorOptions)}
     */
    public static AnomalyDetector load(Path file, Backend backend) {
        return load(file, DetectorOptions.builder().openBackend(backend).build());
    }

    /**
     * Loads a model.
     *
     * @param file a model file, as {@link ModelFile} describes it
     * @param options backend, limits and warm-up
     * @return a detector; the caller closes it
     * @throws ModelException if the file is not a model, is damaged or does not fit together
     * @throws TensorFileException if it cannot be read
     * @throws ResourceException if no backend starts or memory is short
     * @throws CancelledException if the thread is interrupted; nothing is left open
     */
    public static AnomalyDetector load(Path file, DetectorOptions options) {
        return open(Objects.requireNonNull(file, "file").toString(), options, backend -> ModelFile.load(file, backend));
    }

    /**
     * Loads a model from memory.
     *
     * @param contents a model file's contents
     * @param options backend, limits and warm-up
     * @return a detector; the caller closes it
     * @throws RlrException as {@link #load(Path, DetectorOptions)}
     */
    public static AnomalyDetector load(byte[] contents, DetectorOptions options) {
        return load("the model in memory", contents, options);
    }

    /**
     * Loads a model from a stream, such as a resource of the class path or an entry of an archive. All of it is in
     * memory until the model is loaded.
     *
     * @param contents a model file's contents, read to the end; not closed. What {@code getResourceAsStream} gave;
     *     null, where there is no such resource, is an error that says so
     * @param options backend, limits and warm-up
     * @return a detector; the caller closes it
     * @throws RlrException as {@link #load(Path, DetectorOptions)}
     */
    public static AnomalyDetector load(@Nullable InputStream contents, DetectorOptions options) {
        if (contents == null) {
            throw new TensorFileException(
                    TensorFileException.Reason.UNREADABLE,
                    "the stream of the model is null, which is what getResourceAsStream gives for a resource that"
                            + " does not exist",
                    "check the name of the resource; one that begins with / is looked for from the root",
                    null);
        }
        byte[] bytes;
        try {
            bytes = contents.readAllBytes();
        } catch (IOException e) {
            throw new TensorFileException(
                    TensorFileException.Reason.UNREADABLE,
                    "the model cannot be read from its stream (" + IoReason.of(e) + ")",
                    "check where it comes from",
                    e);
        } catch (OutOfMemoryError e) {
            throw ResourceException.outOfMemory("the model was read from its stream", e);
        }
        return load("the model in the stream", bytes, options);
    }

    private static AnomalyDetector load(String source, byte[] contents, DetectorOptions options) {
        return open(source, options, backend -> {
            try (SafeTensorsFile file = SafeTensorsFile.of(source, contents)) {
                return ModelFile.load(file, backend);
            } catch (TensorFileException e) {
                throw ModelException.of(e);
            }
        });
    }

    /**
     * A detector of a model that is loaded already, such as one that was trained just now.
     *
     * @param model stays the caller's, as does its backend; both are closed after the detector
     * @param options limits and warm-up; those of the backend are not used
     * @return a detector; the caller closes it
     * @throws CancelledException if the thread is interrupted during the warm-up
     */
    public static AnomalyDetector of(RlrModel model, DetectorOptions options) {
        return warm(new AnomalyDetector(model, null, options, System::nanoTime));
    }

    private static AnomalyDetector open(String source, DetectorOptions options, Function<Backend, RlrModel> loader) {
        return open(source, options, loader, System::nanoTime);
    }

    /** As {@link #load(Path, DetectorOptions)}, with a clock by which calls wait. */
    static AnomalyDetector load(Path file, DetectorOptions options, LongSupplier clock) {
        return open(file.toString(), options, backend -> ModelFile.load(file, backend), clock);
    }

    private static AnomalyDetector open(
            String source, DetectorOptions options, Function<Backend, RlrModel> loader, LongSupplier clock) {
        Backend shared = options.openBackend();
        Backend backend = shared != null ? shared : Backends.open(options.backend(), options.settings());
        ModelResources resources;
        RlrModel model;
        try {
            model = loader.apply(backend);
            resources = new ModelResources(source, model, shared == null);
        } catch (Throwable t) {
            if (shared == null) {
                backend.close();
            }
            if (t instanceof OutOfMemoryError error) {
                throw ResourceException.outOfMemory(source + " was loaded", error);
            }
            throw t;
        }
        return warm(new AnomalyDetector(model, resources, options, clock));
    }

    private static AnomalyDetector warm(AnomalyDetector detector) {
        try {
            if (detector.options.warmUp()) {
                detector.warmUp();
            }
            return detector;
        } catch (Throwable t) {
            detector.close();
            throw t;
        }
    }

    /** Examines noise until that does not become faster. */
    private void warmUp() {
        RlrConfig config = model.info().config();
        byte[] noise = new byte[config.imageHeight() * config.imageWidth() * RgbImage.CHANNELS];
        new Random(1).nextBytes(noise);
        ByteArrayOutputStream png = new ByteArrayOutputStream();
        try {
            PngFile.write(new RgbImage(config.imageWidth(), config.imageHeight(), noise), png);
        } catch (IOException e) {
            throw new UncheckedIOException("writing to memory failed", e);
        }
        ImageSource image = ImageSource.of("the image of the warm-up", png.toByteArray());
        long fastest = Long.MAX_VALUE;
        for (int call = 0, steady = 0; call < WARM_UP_CALLS && steady < STEADY_CALLS; call++) {
            long start = System.nanoTime();
            examine(image, null, queue.now(), DetectionObserver.NONE);
            long time = System.nanoTime() - start;
            steady = time > STEADY * fastest ? steady + 1 : 0;
            fastest = Math.min(fastest, time);
        }
    }

    @Override
    public ModelInfo info() {
        return model.info();
    }

    @Override
    public MemoryUse memory() {
        queue.requireOpen();
        return model.backend().memory();
    }

    @Override
    public void trim() {
        queue.requireOpen();
        model.trim();
    }

    @Override
    public Detection detect(ImageSource image, @Nullable String className) {
        return detect(image, className, queue.now());
    }

    private Detection detect(ImageSource image, @Nullable String className, long since) {
        queue.requireOpen();
        if (className != null) {
            model.info().thresholds().ownOf(className); // fails before the image is examined
        }
        return examine(image, className, since, options.observer());
    }

    private Detection examine(ImageSource image, @Nullable String className, long since, DetectionObserver observer) {
        StageClock clock = new StageClock();
        long waited;
        Detection detection;
        queue.enter(since);
        // nothing in between, which could fail and keep the place
        try {
            waited = queue.now() - since;
            queue.requireOpen();
            FeatureMaps.ImageMaps maps = prepare(image, clock);
            detection = named(image, () -> {
                AnomalyMap map = scorer.score(maps, clock);
                return clock.time(
                        StageClock.Stage.MAP, () -> className == null ? detection(map) : detection(map, className));
            });
        } catch (OutOfMemoryError e) {
            model.trim();
            throw ResourceException.outOfMemory((image.id().isEmpty() ? "an image" : image.id()) + " was examined", e)
                    .andRemedy(LESS_MEMORY);
        } catch (ResourceException e) {
            throw e.resource() == ResourceException.Resource.MEMORY ? e.andRemedy(LESS_MEMORY) : e;
        } finally {
            queue.leave();
            idleTrim.called();
            Reference.reachabilityFence(model);
        }
        try {
            observer.examined(clock.times(waited));
        } catch (RuntimeException | Error e) {
            LOG.log(System.Logger.Level.WARNING, "the observer of a detector failed", e);
        }
        return detection;
    }

    /** Reads an image, whose pixels are garbage when this returns. */
    private FeatureMaps.ImageMaps prepare(ImageSource image, StageClock clock) {
        RgbImage pixels = clock.time(StageClock.Stage.DECODE, () -> image.read(options.maxPixels()));
        return named(image, () -> clock.time(StageClock.Stage.PREPROCESS, () -> scorer.prepare(pixels)));
    }

    /** Adds the id of the image to errors, which do not know it once it is read. */
    private static <T> T named(ImageSource image, Supplier<T> work) {
        try {
            return work.get();
        } catch (ResourceException | CancelledException e) {
            throw e;
        } catch (RlrException e) {
            throw image.id().isEmpty() ? e : e.at(image.id());
        }
    }

    @Override
    public CompletableFuture<Detection> detectAsync(ImageSource image, @Nullable String className) {
        return queue.submit(since -> detect(image, className, since));
    }

    /**
     * A map of this model's {@link #scorer()} as a detection by the threshold of the class that it recognised, or by
     * the common one.
     *
     * @param map made by this model's scoring
     * @return score, verdict and values of the map (not a copy)
     * @throws RlrException if the score is not finite
     */
    public Detection detection(AnomalyMap map) {
        Thresholds thresholds = model.info().thresholds();
        Recognition recognition = map.recognition();
        String recognized = recognition == null ? null : recognition.className();
        return detection(
                map,
                recognized == null ? thresholds.common() : thresholds.of(recognized),
                recognized,
                recognition != null && recognized == null);
    }

    /**
     * A map of this model's {@link #scorer()} as a detection by a class's own threshold.
     *
     * @param map made by this model's scoring
     * @param className the product class
     * @return score, verdict and values of the map (not a copy)
     * @throws RlrException if the model has none for the class, or the score is not finite
     */
    public Detection detection(AnomalyMap map, String className) {
        return detection(map, model.info().thresholds().ownOf(className), className, false);
    }

    private static Detection detection(
            AnomalyMap map, Threshold threshold, @Nullable String className, boolean unknown) {
        double score = map.imageScore();
        if (!Double.isFinite(score)) {
            // not above any threshold, which would make it a normal image
            throw new RlrException(
                    "the image score is " + score + ": the model has diverged",
                    "train it again with a lower `learningRate`");
        }
        return new Detection(
                score,
                threshold.normalized(score),
                threshold.exceededBy(score) || unknown,
                threshold.value(),
                map.height(),
                map.width(),
                map.values(),
                className,
                unknown);
    }

    /** {@return the model, which stays this detector's: not to be used after {@link #close()}} */
    public RlrModel model() {
        queue.requireOpen();
        return model;
    }

    /**
     * What scores many images in order, reading ahead while computing. Its calls do not count for
     * {@link DetectorOptions#maxConcurrent}, and {@link #close()} does not wait for them.
     *
     * @return the scorer, not to be used after {@link #close()}
     */
    public AnomalyScorer scorer() {
        queue.requireOpen();
        return scorer;
    }

    @Override
    public void close() {
        queue.close(() -> {
            idleTrim.close();
            if (resources != null) {
                resources.close();
            }
        });
    }
}
