package org.rlr.model.detect;

import java.awt.image.BufferedImage;
import java.nio.file.Path;
import org.rlr.model.ModelFile;
import org.rlr.model.RlrModel;
import org.rlr.model.config.ModelInfo;
import org.rlr.model.config.Threshold;
import org.rlr.model.data.Images;
import org.rlr.model.data.RgbImage;
import org.rlr.tensor.RlrException;
import org.rlr.tensor.backend.Backend;
import org.rlr.tensor.backend.BackendSettings;
import org.rlr.tensor.backend.Backends;

/**
 * Finds anomalies in images with a trained model: what an application embeds.
 *
 * <pre>{@code
 * try (AnomalyDetector detector = AnomalyDetector.load(Path.of("model.safetensors"))) {
 *     Detection d = detector.detect(ImageIO.read(new File("part.png")));
 *     if (d.anomalous()) { … d.score(), d.map() … }
 * }
 * }</pre>
 *
 * Thread-safe: one detector serves any number of threads. Fast kernels need the JVM option {@code --add-modules
 * jdk.incubator.vector}; without it detection works on slower ones, and one log line says so.
 */
public final class AnomalyDetector implements AutoCloseable {
    private final RlrModel model;
    private final AnomalyScorer scorer;
    private final boolean ownsBackend;

    private AnomalyDetector(RlrModel model, boolean ownsBackend) {
        this.model = model;
        this.scorer = new AnomalyScorer(model);
        this.ownsBackend = ownsBackend;
    }

    /**
     * Loads a model onto the preferred backend that can start.
     *
     * @param file a model file, as {@link ModelFile} describes it
     * @return a detector; the caller closes it
     * @throws RlrException if the file is not a model or no backend starts
     */
    public static AnomalyDetector load(Path file) {
        Backend backend = Backends.open("auto", BackendSettings.DEFAULTS);
        try {
            return new AnomalyDetector(ModelFile.load(file, backend), true);
        } catch (Throwable t) {
            backend.close();
            throw t;
        }
    }

    /**
     * Loads a model onto a backend, which stays the caller's.
     *
     * @param file a model file
     * @param backend holds the weights and computes
     * @return a detector; the caller closes it, and then the backend
     * @throws RlrException if the file is not a model
     */
    public static AnomalyDetector load(Path file, Backend backend) {
        return new AnomalyDetector(ModelFile.load(file, backend), false);
    }

    /** {@return settings, scoring and thresholds of the model} */
    public ModelInfo info() {
        return model.info();
    }

    /**
     * Examines an image of any size and colour model.
     *
     * @param image resized to the model's input, or cut into tiles where the model was trained so
     * @return score, verdict by the common threshold, and map
     * @throws RlrException if the score is not finite
     * @throws IllegalArgumentException if its samples are not grey, RGB or CMYK integers
     */
    public Detection detect(BufferedImage image) {
        return detect(RgbImage.of(image));
    }

    /**
     * Examines an image file.
     *
     * @param image an image file of a supported format
     * @return score, verdict by the common threshold, and map
     * @throws RlrException naming the file if it cannot be read, or if the score is not finite
     */
    public Detection detect(Path image) {
        return detect(Images.read(image));
    }

    /**
     * Examines an image of a known product class by that class's own threshold.
     *
     * @param image of any size and colour model
     * @param className the product class
     * @return score, verdict by the class's threshold, and map
     * @throws RlrException if the model has no threshold for the class, or the score is not finite
     * @throws IllegalArgumentException as {@link #detect(BufferedImage)}
     */
    public Detection detect(BufferedImage image, String className) {
        Threshold threshold = model.info().thresholds().ownOf(className);
        return detection(scorer.score(RgbImage.of(image)), threshold);
    }

    /**
     * As {@link #detect(BufferedImage, String)}, of an image file.
     *
     * @param image an image file of a supported format
     * @param className the product class
     * @return score, verdict by the class's threshold, and map
     * @throws RlrException if the file cannot be read, the model has no threshold for the class, or the score is not
     *     finite
     */
    public Detection detect(Path image, String className) {
        Threshold threshold = model.info().thresholds().ownOf(className);
        return detection(scorer.score(Images.read(image)), threshold);
    }

    private Detection detect(RgbImage image) {
        return detection(scorer.score(image));
    }

    /**
     * A map of this model's {@link #scorer()} as a detection by the common threshold.
     *
     * @param map made by this model's scoring
     * @return score, verdict and values of the map (not a copy)
     * @throws RlrException if the score is not finite
     */
    public Detection detection(AnomalyMap map) {
        return detection(map, model.info().thresholds().common());
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
        return detection(map, model.info().thresholds().ownOf(className));
    }

    private static Detection detection(AnomalyMap map, Threshold threshold) {
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
                threshold.exceededBy(score),
                threshold.value(),
                map.height(),
                map.width(),
                map.values());
    }

    /** {@return the model, which stays this detector's} */
    public RlrModel model() {
        return model;
    }

    /** {@return what scores many files in order, reading ahead while computing} */
    public AnomalyScorer scorer() {
        return scorer;
    }

    /** Gives the model's memory back, and the backend where this detector started it. */
    @Override
    public void close() {
        model.close();
        if (ownsBackend) {
            model.backend().close();
        }
    }
}
