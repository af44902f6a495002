package org.rlr.model.eval;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.DoubleSummaryStatistics;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.DoubleUnaryOperator;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.rlr.model.RlrModel;
import org.rlr.model.config.ModelInfo;
import org.rlr.model.config.ScoreStatistics;
import org.rlr.model.config.Scoring;
import org.rlr.model.config.Threshold;
import org.rlr.model.config.Threshold.Interval;
import org.rlr.model.config.Thresholds;
import org.rlr.model.data.ClassSamples;
import org.rlr.model.data.DataSet;
import org.rlr.model.data.ImageSource;
import org.rlr.model.data.Mask;
import org.rlr.model.data.Masks;
import org.rlr.model.data.Sample;
import org.rlr.model.detect.AnomalyMap;
import org.rlr.model.detect.AnomalyScorer;
import org.rlr.model.features.Recognition;
import org.rlr.tensor.InvalidSettingException;
import org.rlr.tensor.RlrException;

/**
 * Finds the threshold of a model by a rule, from images that the model was not trained on: normal images for a
 * false-alarm rate, normal and anomalous ones for the greatest F1 or a recall. Immutable.
 *
 * <p>If a model recognises classes and knows the normal scores of some, those classes share one threshold in calibrated
 * scores: in standard deviations from the mean of the class's normal scores, as computed in training. It is found from
 * all images together, so a class needs no images of its own; {@link #withClasses} finds the threshold of each class
 * from its own images instead. All other classes use the common threshold, on scores without calibration.
 *
 * <pre>{@code
 * RlrModel calibrated = Thresholding.falseAlarmRate(0.01).of(model, normalImages);
 * }</pre>
 */
public final class Thresholding {
    /** The default confidence of intervals. */
    public static final double CONFIDENCE = 0.95;

    private final Threshold.Rule rule;
    private final double target;
    private final double confidence;
    private final boolean perClass;
    private final @Nullable Scoring scoring;

    private Thresholding(
            Threshold.Rule rule, double target, double confidence, boolean perClass, @Nullable Scoring scoring) {
        this.rule = rule;
        this.target = target;
        this.confidence = confidence;
        this.perClass = perClass;
        this.scoring = scoring;
    }

    private Thresholding(Threshold.Rule rule, double target) {
        this(rule, target, CONFIDENCE, false, null);
    }

    /**
     * Returns the rule that at most this share of normal images is called anomalous:
     * {@link ThresholdEstimator#falseAlarmRate}.
     *
     * @param rate between 0 and 1
     * @return the rule
     * @throws InvalidSettingException if it is not
     */
    public static Thresholding falseAlarmRate(double rate) {
        ThresholdEstimator.requireRate(rate);
        return new Thresholding(Threshold.Rule.FALSE_ALARM_RATE, rate);
    }

    /**
     * Returns the rule of the greatest F1: {@link ThresholdEstimator#bestF1}.
     *
     * @return the rule
     */
    public static Thresholding bestF1() {
        return new Thresholding(Threshold.Rule.F1_MAX, 0);
    }

    /**
     * Returns the rule that at least this share of the anomalous images is found: {@link ThresholdEstimator#recall}.
     *
     * @param recall between 0 and 1; 1 is allowed
     * @return the rule
     * @throws InvalidSettingException if it is not
     */
    public static Thresholding recall(double recall) {
        ThresholdEstimator.requireRecall(recall);
        return new Thresholding(Threshold.Rule.RECALL, recall);
    }

    /**
     * Returns the rule with another confidence of the intervals.
     *
     * @param other between 0 and 1
     * @return the rule
     * @throws InvalidSettingException if it is not
     */
    public Thresholding withConfidence(double other) {
        new ThresholdEstimator(other);
        return new Thresholding(rule, target, other, perClass, scoring);
    }

    /**
     * Returns the rule with a threshold for each class in addition to the common one.
     *
     * @return the rule
     */
    public Thresholding withClasses() {
        return new Thresholding(rule, target, confidence, true, scoring);
    }

    /**
     * Returns the rule with another scoring, which the resulting model keeps.
     *
     * @param other levels, weights and smoothing
     * @return the rule
     */
    public Thresholding withScoring(Scoring other) {
        return new Thresholding(rule, target, confidence, perClass, other);
    }

    /** {@return whether the rule also needs anomalous images} */
    public boolean labelled() {
        return rule != Threshold.Rule.FALSE_ALARM_RATE;
    }

    /**
     * Returns whether a data set's validation images are used: if every class has some and the rule needs no anomalous
     * ones.
     *
     * @param data the data set
     * @return false if its test images are used; metrics on them with the threshold are then optimistic
     */
    public boolean usesValidation(DataSet data) {
        return !labelled()
                && data.classes().stream().noneMatch(each -> each.validation().isEmpty());
    }

    /**
     * Returns the images of a data set from which the threshold is found.
     *
     * @param data the data set
     * @return images by class: all, or only normal ones if the rule needs no others
     * @throws org.rlr.model.data.ImageException if a mask that decides whether an image is anomalous cannot be read
     */
    public SortedMap<String, List<Sample>> samples(DataSet data) {
        boolean validation = usesValidation(data);
        SortedMap<String, List<Sample>> samples = new TreeMap<>();
        for (ClassSamples each : data.classes()) {
            samples.put(
                    each.name(),
                    (validation ? each.validation() : each.test())
                            .stream()
                                    .map(Thresholding::judged)
                                    .filter(sample -> labelled() || !sample.anomalous())
                                    .toList());
        }
        return samples;
    }

    /**
     * Checks, before scoring, that the images suffice.
     *
     * @param samples images by class
     * @throws org.rlr.model.data.DataSetException if they are too few, in total or in a class with its own threshold
     */
    public void requireEnough(Map<String, List<Sample>> samples) {
        int normal = 0;
        int anomalous = 0;
        for (Map.Entry<String, List<Sample>> each : samples.entrySet()) {
            int all = each.getValue().size();
            int defective = (int)
                    each.getValue().stream().filter(Thresholding::anomalous).count();
            normal += all - defective;
            anomalous += defective;
            if (perClass) {
                ofClass(each.getKey(), () -> requireEnough(all - defective, defective));
            }
        }
        requireEnough(normal, anomalous);
    }

    private boolean requireEnough(int normal, int anomalous) {
        if (labelled()) {
            ThresholdEstimator.requireBoth(normal, anomalous);
        } else {
            ThresholdEstimator.requireEnough(normal, target);
        }
        return true;
    }

    /**
     * Returns a model with the threshold found from normal images.
     *
     * @param model the model; the caller closes it
     * @param normal images that it was not trained on
     * @return the same model, of the same parts, with the threshold; close only one of the two
     * @throws IllegalArgumentException if the rule needs anomalous images or classes
     * @throws RlrException if there are too few, or one cannot be read
     * @throws org.rlr.tensor.CancelledException if the thread is interrupted
     */
    public RlrModel of(RlrModel model, List<ImageSource> normal) {
        if (labelled() || perClass) {
            throw new IllegalArgumentException("normal images have no " + (perClass ? "classes" : "anomalous ones")
                    + " among them: give a data set");
        }
        return of(
                model,
                Map.of("", normal.stream().map(image -> Sample.good(image, "")).toList()),
                () -> {});
    }

    /**
     * Returns a model with the threshold found from the {@link #samples} of a data set.
     *
     * @param model the model; the caller closes it
     * @param data with validation or test images
     * @return the same model, of the same parts, with the threshold; close only one of the two
     * @throws RlrException if there are too few, or one cannot be read
     * @throws org.rlr.tensor.CancelledException if the thread is interrupted
     */
    public RlrModel of(RlrModel model, DataSet data) {
        return of(model, samples(usesValidation(data) ? data : data.requireEvaluation()), () -> {});
    }

    /**
     * Like {@link #of(RlrModel, DataSet)}, from images by class.
     *
     * @param model the model; the caller closes it
     * @param samples images by class, as {@link #samples} gives them
     * @param scored run after each image
     * @return the same model, of the same parts, with the threshold; close only one of the two
     * @throws RlrException if there are too few, or one cannot be read
     * @throws org.rlr.tensor.CancelledException if the thread is interrupted
     */
    public RlrModel of(RlrModel model, Map<String, List<Sample>> samples, Runnable scored) {
        ModelInfo info = model.info();
        Scoring chosen = scoring == null ? info.scoring() : scoring;
        DoubleSummaryStatistics range = new DoubleSummaryStatistics();
        Thresholds found = of(new AnomalyScorer(model).with(chosen), samples, scored, range);
        return model.with(
                chosen.equals(info.scoring())
                        ? info.with(found)
                        : info.with(
                                chosen,
                                ScoreStatistics.given(found.common().value(), range.getMin(), range.getMax()),
                                found));
    }

    /**
     * Returns the thresholds of a model with a scorer's scoring.
     *
     * @param scorer computes the scores; if its scoring is the model's, the model's normal scores of its classes
     *     calibrate them
     * @param samples images by class, as {@link #samples} gives them
     * @param scored run after each image
     * @return the thresholds
     * @throws RlrException if there are too few, or one cannot be read
     * @throws org.rlr.tensor.CancelledException if the thread is interrupted
     */
    public Thresholds of(AnomalyScorer scorer, Map<String, List<Sample>> samples, Runnable scored) {
        return of(scorer, samples, scored, new DoubleSummaryStatistics());
    }

    /** @param range collects the values of normal maps */
    private Thresholds of(
            AnomalyScorer scorer, Map<String, List<Sample>> samples, Runnable scored, DoubleSummaryStatistics range) {
        requireEnough(samples);
        Thresholds trained = perClass || !scorer.recognizes() ? null : scorer.thresholds();
        Thresholds known = trained == null || trained.perClass().isEmpty() ? null : trained;
        SortedMap<String, Scores> scores = new TreeMap<>();
        SortedMap<String, Scores> calibrated = new TreeMap<>();
        samples.forEach((name, own) -> {
            Map<Boolean, List<Sample>> parts = own.stream().collect(Collectors.partitioningBy(Thresholding::anomalous));
            List<Scored> normal =
                    score(scorer, parts.getOrDefault(false, List.of()), scored, map -> accept(range, map.values()));
            List<Scored> anomalous = score(scorer, parts.getOrDefault(true, List.of()), scored, map -> {});
            scores.put(name, Scores.of(normal, anomalous, Scored::score));
            if (known != null) {
                calibrated.put(name, Scores.of(normal, anomalous, each -> calibrated(each, name, known)));
            }
        });
        Thresholds found = find(scores);
        return known == null
                ? found
                : new Thresholds(
                        found.common(),
                        ofClasses(known.perClass(), find(calibrated).common()));
    }

    /**
     * Returns a score in standard deviations from the mean normal score of the image's class; if the model does not
     * know the class, of the recognised class, or of all.
     */
    private static double calibrated(Scored image, String className, Thresholds known) {
        Threshold own = known.perClass().get(className);
        if (own == null) {
            own = image.recognized == null ? known.common() : known.of(image.recognized);
        }
        return (image.score - own.mean()) / scale(own);
    }

    private static double scale(Threshold own) {
        return own.std() > 0 ? own.std() : 1;
    }

    /** Converts the threshold of calibrated scores to a threshold of each class's scores. */
    private static Map<String, Threshold> ofClasses(Map<String, Threshold> known, Threshold found) {
        Map<String, Threshold> own = new TreeMap<>();
        known.forEach((name, each) -> {
            Interval interval = found.valueInterval();
            DoubleUnaryOperator raw = value -> each.mean() + value * scale(each);
            own.put(
                    name,
                    new Threshold(
                            raw.applyAsDouble(found.value()),
                            found.rule(),
                            found.target(),
                            found.confidence(),
                            found.normal(),
                            found.anomalous(),
                            each.mean(),
                            each.std(),
                            interval == null
                                    ? null
                                    : new Interval(
                                            raw.applyAsDouble(interval.estimate()),
                                            interval.low() == null ? null : raw.applyAsDouble(interval.low()),
                                            interval.high() == null ? null : raw.applyAsDouble(interval.high())),
                            found.falseAlarmRate(),
                            found.recall()));
        });
        return own;
    }

    /** The score of an image, and its recognised class; null for none. */
    private record Scored(double score, @Nullable String recognized) {}

    /** The scores of normal and of anomalous images. */
    private record Scores(double[] normal, double[] anomalous) {
        static Scores of(List<Scored> normal, List<Scored> anomalous, ToDoubleFunction<Scored> measured) {
            return new Scores(
                    normal.stream().mapToDouble(measured).toArray(),
                    anomalous.stream().mapToDouble(measured).toArray());
        }
    }

    /** Scores images and passes their maps to {@code seen}. */
    private static List<Scored> score(
            AnomalyScorer scorer, List<Sample> samples, Runnable scored, Consumer<AnomalyMap> seen) {
        List<Scored> scores = new ArrayList<>();
        scorer.score(samples.stream().map(Sample::image).toList(), (index, map) -> {
            Recognition recognition = map.recognition();
            scores.add(new Scored(map.imageScore(), recognition == null ? null : recognition.className()));
            seen.accept(map);
            scored.run();
        });
        return scores;
    }

    private static void accept(DoubleSummaryStatistics range, float[] values) {
        for (float value : values) {
            range.accept(value);
        }
    }

    private Thresholds find(SortedMap<String, Scores> scores) {
        ThresholdEstimator estimator = new ThresholdEstimator(confidence);
        Map<String, Threshold> own = new TreeMap<>();
        if (perClass) {
            scores.forEach((name, each) -> own.put(name, ofClass(name, () -> find(estimator, each))));
        }
        return new Thresholds(
                find(estimator, new Scores(all(scores, Scores::normal), all(scores, Scores::anomalous))), own);
    }

    private static double[] all(SortedMap<String, Scores> scores, Function<Scores, double[]> part) {
        return scores.values().stream()
                .flatMapToDouble(each -> Arrays.stream(part.apply(each)))
                .toArray();
    }

    private Threshold find(ThresholdEstimator estimator, Scores scores) {
        return switch (rule) {
            case FALSE_ALARM_RATE -> estimator.falseAlarmRate(scores.normal, target);
            case F1_MAX -> estimator.bestF1(scores.normal, scores.anomalous);
            case RECALL -> estimator.recall(scores.normal, scores.anomalous, target);
            default -> throw new IllegalStateException("no rule for images: " + rule);
        };
    }

    private static <T> T ofClass(String name, Supplier<T> action) {
        try {
            return action.get();
        } catch (RlrException e) {
            throw e.at("class " + name);
        }
    }

    private static boolean anomalous(Sample sample) {
        return judged(sample).anomalous();
    }

    /** Returns a sample labelled by its mask, so that the mask of a good image is read only once. */
    private static Sample judged(Sample sample) {
        if (sample.anomalous() || sample.masks().isEmpty()) {
            return sample;
        }
        Mask mask = Masks.read(sample, sample.image().size());
        boolean anomalous = mask != null && mask.any();
        return new Sample(
                sample.image(), anomalous ? sample.masks() : List.of(), sample.className(), sample.defect(), anomalous);
    }
}
