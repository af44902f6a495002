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
     * What is known of a test image.
     *
     * @param defective whether it is anomalous, by where it lies or by its masks
     * @param mask where it is anomalous, at the size of its map, row-major; null where it has no mask
     * @param vanished whether it is defective, but its masks have no pixel set at the size of its map
     * @param traits of its mask files
     */
    record GroundTruth(
            boolean defective, boolean @Nullable [] mask, boolean vanished, Map<ImageSource, Set<MaskTrait>> traits) {
        /** Of an image with a map of that size. @throws RlrException if a mask cannot be read */
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

    /** Gives the anomaly maps of the test images of a class. */
    @FunctionalInterface
    public interface Maps {
        /**
         * Scores the test images of a class.
         *
         * @param of the class, with its training images
         * @param sink takes the map of each test image, in their order, on the calling thread
         */
        void score(ClassSamples of, AnomalyScorer.Sink sink);
    }

    private final Maps maps;
    private final @Nullable Thresholds thresholds;

    /**
     * An evaluator of a model.
     *
     * @param model stays the caller's
     */
    public Evaluator(RlrModel model) {
        this(new AnomalyScorer(model));
    }

    /**
     * An evaluator of a scorer's model.
     *
     * @param scorer stays the caller's
     */
    public Evaluator(AnomalyScorer scorer) {
        this((of, sink) -> scorer.score(of.test().stream().map(Sample::image).toList(), sink), scorer.thresholds());
    }

    /**
     * An evaluator of another method, for comparison.
     *
     * @param maps the anomaly maps that it gives
     */
    public Evaluator(Maps maps) {
        this(maps, null);
    }

    private Evaluator(Maps maps, @Nullable Thresholds thresholds) {
        this.maps = maps;
        this.thresholds = thresholds;
    }

    /** Sees each test image as it is scored. */
    @FunctionalInterface
    public interface Observer {
        /**
         * An image was scored.
         *
         * @param sample the image
         * @param score its image score
         * @param defective whether it is anomalous, by where it lies or by its masks
         * @param map its anomaly map
         */
        void scored(Sample sample, float score, boolean defective, AnomalyMap map);

        /**
         * Sees a class after all its images, while its pixels are still held.
         *
         * @param evaluator of the class
         */
        default void finished(ClassEvaluator evaluator) {}

        /**
         * An image that cannot be read, or whose mask cannot. Where this method is overridden and returns, it is left
         * out of all metrics, and the remarks of its class say so.
         *
         * @param sample the image
         * @param e names what cannot be read, and says why
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
     * @throws RlrException if an image or a mask cannot be read, where the observer does not take it otherwise
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
