package org.rlr.model.eval;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.rlr.model.RlrModel;
import org.rlr.model.config.Thresholds;
import org.rlr.model.data.ClassSamples;
import org.rlr.model.data.DataSet;
import org.rlr.model.data.DataSetException;
import org.rlr.model.data.ImageException;
import org.rlr.model.data.ImageSource;
import org.rlr.model.data.Mask;
import org.rlr.model.data.MaskTrait;
import org.rlr.model.data.Masks;
import org.rlr.model.data.Sample;
import org.rlr.model.detect.AnomalyMap;
import org.rlr.model.detect.AnomalyScorer;
import org.rlr.model.features.Recognition;
import org.rlr.tensor.ResourceException;
import org.rlr.tensor.RlrException;

/** Evaluates a model on the test images of a data set, class by class (RLR §10). */
public final class Evaluator {
    /**
     * The ground truth of a test image.
     *
     * @param defective whether it is anomalous, by where it lies or by its masks
     * @param mask its anomalous pixels, at the size of its map, row-major; null without a mask
     * @param vanished whether it is defective, but its masks have no pixel set at the size of its map
     * @param traits the traits of its mask files
     */
    record GroundTruth(
            boolean defective, boolean @Nullable [] mask, boolean vanished, Map<ImageSource, Set<MaskTrait>> traits) {
        /** Reads the ground truth for a map of that size. @throws RlrException if a mask cannot be read */
        static GroundTruth of(Sample sample, int height, int width) {
            Masks.Reading full = sample.masks().isEmpty()
                    ? null
                    : Masks.readWithTraits(sample, sample.image().size());
            if (full == null) {
                return new GroundTruth(sample.anomalous(), null, false, Map.of());
            }
            Mask resized = full.mask().resized(width, height);
            boolean defective = sample.anomalous() || full.mask().any();
            return new GroundTruth(defective, resized.anomalous(), defective && !resized.any(), full.traits());
        }
    }

    /** Computes the anomaly maps of the test images of a class. */
    @FunctionalInterface
    public interface Maps {
        /**
         * Scores the test images of a class.
         *
         * @param of the class, including its training images
         * @param sink receives the map of each test image, in order, on the calling thread
         */
        void score(ClassSamples of, AnomalyScorer.Sink sink);
    }

    private final Maps maps;
    private final @Nullable Thresholds thresholds;

    /**
     * Creates an evaluator of a model.
     *
     * @param model the model; the caller closes it
     */
    public Evaluator(RlrModel model) {
        this(new AnomalyScorer(model));
    }

    /**
     * Creates an evaluator of a scorer's model.
     *
     * @param scorer the scorer; the caller closes it
     */
    public Evaluator(AnomalyScorer scorer) {
        this((of, sink) -> scorer.score(of.test().stream().map(Sample::image).toList(), sink), scorer.thresholds());
    }

    /**
     * Creates an evaluator of another method, for comparison.
     *
     * @param maps computes its anomaly maps
     */
    public Evaluator(Maps maps) {
        this(maps, null);
    }

    private Evaluator(Maps maps, @Nullable Thresholds thresholds) {
        this.maps = maps;
        this.thresholds = thresholds;
    }

    /** Receives each test image after it is scored. */
    @FunctionalInterface
    public interface Observer {
        /**
         * Receives a scored image.
         *
         * @param sample the image
         * @param score its image score
         * @param defective whether it is anomalous, by where it lies or by its masks
         * @param map its anomaly map
         */
        void scored(Sample sample, float score, boolean defective, AnomalyMap map);

        /**
         * Receives a class after all its images, while its pixels are still in memory.
         *
         * @param evaluator the evaluator of the class
         */
        default void finished(ClassEvaluator evaluator) {}

        /**
         * Receives an image that cannot be read, or whose mask cannot be read. Throws the error by default. If it
         * returns, the image is excluded from all metrics, and the remarks of its class say so.
         *
         * @param sample the image
         * @param e the error, with the file and the reason
         */
        default void failed(Sample sample, RlrException e) {
            throw e;
        }
    }

    /**
     * The metrics of every class.
     *
     * @param data with test images
     * @return a row per class, in the order of the data set
     * @throws DataSetException if there are no test images
     * @throws RlrException if an image or a mask cannot be read
     * @throws org.rlr.tensor.CancelledException if the thread is interrupted
     */
    public EvaluationResult evaluate(DataSet data) {
        return evaluate(data, (sample, score, defective, map) -> {});
    }

    /**
     * The metrics of every class.
     *
     * @param data with test images
     * @param observer sees every image and class, on the calling thread
     * @return a row per class, in the order of the data set
     * @throws DataSetException if there are no test images
     * @throws RlrException if an image or a mask cannot be read, unless {@link Observer#failed} returns
     * @throws org.rlr.tensor.CancelledException if the thread is interrupted
     */
    public EvaluationResult evaluate(DataSet data, Observer observer) {
        data.requireTest();
        List<ClassMetrics> classes = new ArrayList<>();
        List<RecognitionResult.Image> recognized = new ArrayList<>();
        for (ClassSamples each : data.classes()) {
            ClassEvaluator evaluator = new ClassEvaluator(each.name());
            maps.score(each, new AnomalyScorer.Sink() {
                private boolean reserved;

                @Override
                public void accept(int index, AnomalyMap map) {
                    Sample sample = each.test().get(index);
                    GroundTruth truth;
                    try {
                        truth = GroundTruth.of(sample, map.height(), map.width());
                    } catch (ImageException | DataSetException | ResourceException e) {
                        failed(index, e);
                        return;
                    }
                    float score = map.imageScore();
                    if (!reserved) {
                        evaluator.reserve(each.test().size(), map.values().length);
                        reserved = true;
                    }
                    evaluator.add(score, truth.defective(), map.values(), truth.mask(), map.height(), map.width());
                    evaluator.remark(truth, map.height(), map.width());
                    Recognition recognition = map.recognition();
                    if (recognition != null) {
                        recognized.add(new RecognitionResult.Image(
                                each.name(), recognition.className(), score, truth.defective()));
                    }
                    observer.scored(sample, score, truth.defective(), map);
                }

                @Override
                public void failed(int index, RlrException e) {
                    observer.failed(each.test().get(index), e);
                    evaluator.leaveOut();
                }
            });
            classes.add(evaluator.metrics());
            observer.finished(evaluator);
        }
        return new EvaluationResult(
                classes, recognized.isEmpty() ? null : RecognitionResult.of(recognized, thresholds));
    }
}
