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
 * Finds anomalies in images with a trained model; the class to embed in applications.
 *
 * <pre>{@code
 * DetectorOptions options = DetectorOptions.builder().warmUp(true).build();
 * try (AnomalyDetector detector = AnomalyDetector.load(Path.of("model.safetensors"), options)) {
 *     Detection d = detector.detect(Path.of("part.png"));
 *     if (d.anomalous()) { … d.score(), d.regions(d.threshold()) … }
 * }
 * }</pre>
 *
 * Any number of threads may share a detector: {@link DetectorOptions#maxConcurrent} images are decoded and computed at
 * once; further calls wait in order. The detector stays usable after a failed call.
 *
 * <p>On the CPU, a model of the published size with the scattering network takes 200 MiB of heap. Each concurrent image
 * takes at most 32 MiB more, plus its file and about 12 bytes per pixel; {@link DetectorOptions#maxPixels} limits the
 * latter. The backend keeps memory for the next call; the JVM can reclaim it when memory runs low:
 * {@link org.rlr.tensor.backend.BackendSettings#keptBytes}, {@link #trim()}.
 *
 * <p>Fast kernels need the JVM option {@code --add-modules jdk.incubator.vector}; without it, detection uses slower
 * kernels and logs one line. Until the JVM has compiled the kernels, calls are many times slower. To shorten this, use
 * {@link DetectorOptions#warmUp} and the JVM option
 * {@code -XX:CompileCommand=CompileThresholdScaling,org.rlr.tensor.cpu.Vector*::*,0.05}, which compiles the kernels
 * after a twentieth of the usual calls. Set both options when the JVM starts.
 *
 * <p>If you forget to close a detector, the garbage collector eventually frees its threads and memory, and a warning is
 * logged.
 */
public final class AnomalyDetector implements Detector {
    private static final System.Logger LOG = System.getLogger(AnomalyDetector.class.getName());
    private static final int WARM_UP_CALLS = 50;
    /** The warm-up ends after this many consecutive calls that were no faster than the fastest before. */
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
     * Loads a model onto the preferred available backend, with default options.
     *
     * @param file a model file, see {@link ModelFile}
     * @return a detector; the caller closes it
     * @throws RlrException as {@link #load(Path, DetectorOptions)}
     */
    public static AnomalyDetector load(Path file) {
        return load(file, DetectorOptions.DEFAULTS);
    }

    /**
     * Loads a model onto a backend, which is owned by the caller, with default options.
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
     * @param file a model file, see {@link ModelFile}
     * @param options backend, limits and warm-up
     * @return a detector; the caller closes it
     * @throws ModelException if the file is not a model, is damaged or its parts do not fit together
     * @throws TensorFileException if it cannot be read
     * @throws ResourceException if no backend is available or memory runs out
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
     * Loads a model from a stream, such as a class-path resource or an archive entry. The stream's contents stay in
     * memory until the model is loaded.
     *
     * @param contents a model file's contents, read to the end; not closed. Null, which {@code getResourceAsStream}
     *     returns for a missing resource, is reported as an error
     * @param options backend, limits and warm-up
     * @return a detector; the caller closes it
     * @throws RlrException as {@link #load(Path, DetectorOptions)}
     */
    public static AnomalyDetector load(@Nullable InputStream contents, DetectorOptions options) {
        if (contents == null) {
            throw new TensorFileException(
                    TensorFileException.Reason.UNREADABLE,
                    "the stream of the model is null; getResourceAsStream returns null for a resource that"
                            + " does not exist",
                    "check the name of the resource; a name with a leading / starts at the root of the class path",
                    null);
        }
        byte[] bytes;
        try {
            bytes = contents.readAllBytes();
        } catch (IOException e) {
            throw new TensorFileException(
                    TensorFileException.Reason.UNREADABLE,
                    "the model cannot be read from its stream (" + IoReason.of(e) + ")",
                    "check the source of the stream",
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
     * Creates a detector from a loaded model, for example after training.
     *
     * @param model owned by the caller, as is its backend; close both after the detector
     * @param options limits and warm-up; backend settings are ignored
     * @return a detector; the caller closes it
     * @throws CancelledException if the thread is interrupted during the warm-up
     */
    public static AnomalyDetector of(RlrModel model, DetectorOptions options) {
        return warm(new AnomalyDetector(model, null, options, System::nanoTime));
    }

    private static AnomalyDetector open(String source, DetectorOptions options, Function<Backend, RlrModel> loader) {
        return open(source, options, loader, System::nanoTime);
    }

    /** As {@link #load(Path, DetectorOptions)}, with a clock for waiting calls. */
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

    /** Examines noise until this gets no faster. */
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
        // no statement in between: it could fail and keep the slot
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

    /** Reads an image; its pixels can be collected when this returns. */
    private FeatureMaps.ImageMaps prepare(ImageSource image, StageClock clock) {
        RgbImage pixels = clock.time(StageClock.Stage.DECODE, () -> image.read(options.maxPixels()));
        return named(image, () -> clock.time(StageClock.Stage.PREPROCESS, () -> scorer.prepare(pixels)));
    }

    /** Adds the image's id to errors of steps that do not know it. */
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
     * Converts a map of this model's {@link #scorer()} to a detection, using the threshold of the recognised class or
     * else the common one.
     *
     * @param map computed with this model's scoring
     * @return score, verdict and values of the map (not copied)
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
     * Converts a map of this model's {@link #scorer()} to a detection, using a class's own threshold.
     *
     * @param map computed with this model's scoring
     * @param className the product class
     * @return score, verdict and values of the map (not copied)
     * @throws RlrException if the model has no threshold for the class, or the score is not finite
     */
    public Detection detection(AnomalyMap map, String className) {
        return detection(map, model.info().thresholds().ownOf(className), className, false);
    }

    private static Detection detection(
            AnomalyMap map, Threshold threshold, @Nullable String className, boolean unknown) {
        double score = map.imageScore();
        if (!Double.isFinite(score)) {
            // NaN is above no threshold, so the image would pass as normal
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

    /** {@return the model, owned by this detector; do not use it after {@link #close()}} */
    public RlrModel model() {
        queue.requireOpen();
        return model;
    }

    /**
     * Returns a scorer for many images in order, which reads ahead while computing. Its calls do not count for
     * {@link DetectorOptions#maxConcurrent}, and {@link #close()} does not wait for them.
     *
     * @return the scorer; do not use it after {@link #close()}
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
