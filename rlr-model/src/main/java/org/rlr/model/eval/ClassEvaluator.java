package org.rlr.model.eval;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import org.jspecify.annotations.Nullable;
import org.rlr.model.data.ImageSource;
import org.rlr.model.data.MaskTrait;
import org.rlr.tensor.RlrException;

/** Collects the scores of a class's test images and computes its metrics. For one thread. */
public final class ClassEvaluator {
    private final String name;
    private final PixelScores pixels = new PixelScores();
    private final double[][] imageScores;
    private boolean[] imageLabels = new boolean[64];
    private int images;
    private int withoutMask;
    private int leftOut;
    private int vanished;
    private String mapSize = "";
    private final Map<MaskTrait, List<ImageSource>> traits = new EnumMap<>(MaskTrait.class);
    /** Computed on demand, cleared when pixels are added. */
    private @Nullable Map<Metric, Double> pixelMetrics;

    /**
     * Creates an evaluator without images.
     *
     * @param name the class
     */
    public ClassEvaluator(String name) {
        this(name, 1);
    }

    /**
     * Creates an evaluator without images, for images with several scores and one map each.
     *
     * @param name the class
     * @param scores the number of scores per image, at least 1
     */
    public ClassEvaluator(String name, int scores) {
        this.name = name;
        imageScores = new double[scores][64];
    }

    /**
     * Adds a test image.
     *
     * @param imageScore its score
     * @param defective whether its folder marks it as anomalous; it is also anomalous if the mask has a pixel set
     * @param map its unsmoothed anomaly map, row-major
     * @param mask its anomalous pixels, of the map's size; null without a mask. A defective image without a mask makes
     *     the pixel metrics of the whole class undefined.
     * @param height rows of the map
     * @param width columns of the map
     * @throws RlrException if a score is not finite
     */
    public void add(
            double imageScore, boolean defective, float[] map, boolean @Nullable [] mask, int height, int width) {
        add(new double[] {imageScore}, defective, map, mask, height, width);
    }

    /**
     * Adds a test image with all its scores, otherwise like {@link #add(double, boolean, float[], boolean[], int,
     * int)}.
     *
     * @param scores the scores, as many as the evaluator was created for
     * @param defective whether it is known to be anomalous
     * @param map unsmoothed anomaly map, row-major, {@code height·width}
     * @param mask its anomalous pixels, of the map's size; null without a mask
     * @param height rows of the map
     * @param width columns of the map
     * @throws IllegalArgumentException if the number of scores or the size of map or mask is wrong
     * @throws RlrException if a score is not finite
     */
    public void add(double[] scores, boolean defective, float[] map, boolean @Nullable [] mask, int height, int width) {
        if (scores.length != imageScores.length) {
            throw new IllegalArgumentException(scores.length + " scores of an image instead of " + imageScores.length);
        }
        for (double score : scores) {
            ScoreRanking.requireFinite(score, images);
        }
        pixelMetrics = null;
        if (defective && mask == null) {
            withoutMask++;
        } else {
            pixels.add(map, mask, height, width);
        }
        if (images == imageLabels.length) {
            Arrays.setAll(imageScores, i -> Arrays.copyOf(imageScores[i], 2 * images));
            imageLabels = Arrays.copyOf(imageLabels, 2 * images);
        }
        for (int i = 0; i < scores.length; i++) {
            imageScores[i][images] = scores[i];
        }
        imageLabels[images] = defective || (mask != null && anySet(mask));
        images++;
    }

    /** Records remarks on the masks of an added image. */
    void remark(Evaluator.GroundTruth truth, int height, int width) {
        vanished += truth.vanished() ? 1 : 0;
        mapSize = width + "×" + height;
        truth.traits()
                .forEach((mask, all) -> all.forEach(trait ->
                        traits.computeIfAbsent(trait, each -> new ArrayList<>()).add(mask)));
    }

    /** Counts a test image that cannot be read. */
    void leaveOut() {
        leftOut++;
    }

    private List<String> remarks() {
        List<String> remarks = new ArrayList<>();
        if (leftOut > 0) {
            remarks.add(leftOut
                    + (leftOut == 1
                            ? " test image cannot be read and is left out"
                            : " test images cannot be read and are left out"));
        }
        if (vanished > 0) {
            remarks.add((vanished == 1
                            ? "the mask of 1 defective image has"
                            : "the masks of " + vanished + " defective images have")
                    + " no pixel set once resized to " + mapSize + ": for the metrics of pixels "
                    + (vanished == 1 ? "it is" : "they are") + " normal");
        }
        traits.forEach((trait, masks) ->
                remarks.add(trait.sentence(masks.size(), masks.get(0).name())));
        return remarks;
    }

    /**
     * Reserves memory for a known number of images, which lowers peak memory.
     *
     * @param imageCount the number of images
     * @param mapPixels pixels of each map
     */
    public void reserve(int imageCount, int mapPixels) {
        pixels.reserve((long) imageCount * mapPixels);
    }

    /** {@return the class} */
    public String name() {
        return name;
    }

    /**
     * Returns the curves of the image scores so far, like {@link ScoreRanking#curve}; empty if they are undefined.
     *
     * @param step least distance of neighbouring points, of 0…1
     * @return from the highest threshold to the lowest
     */
    public List<ScoreRanking.CurvePoint> imageCurve(double step) {
        return imageRanking(0).curve(step);
    }

    /**
     * Returns the curves of the pixels so far, like {@link ScoreRanking#curve}; empty if they are undefined or a mask
     * is missing.
     *
     * @param step least distance of neighbouring points, of 0…1
     * @return from the highest threshold to the lowest
     */
    public List<ScoreRanking.CurvePoint> pixelCurve(double step) {
        return withoutMask > 0 ? List.of() : pixels.ranking().curve(step);
    }

    private ScoreRanking imageRanking(int which) {
        return ScoreRanking.of(Arrays.copyOf(imageScores[which], images), Arrays.copyOf(imageLabels, images));
    }

    /** {@return the class's metrics so far, AUPRO with exact thresholds up to a false-positive rate of 0.3} */
    public ClassMetrics metrics() {
        return metrics(0);
    }

    /**
     * Returns the class's metrics so far, using one of the images' scores for the image metrics.
     *
     * @param which index of the score among those of an image, from 0
     * @return the metrics
     */
    public ClassMetrics metrics(int which) {
        Map<Metric, Double> values = new EnumMap<>(Metric.class);
        List<String> notes = new ArrayList<>();
        ScoreRanking ranking = imageRanking(which);
        Optional<ScoreRanking.BestF1> imageF1 = ranking.bestF1();
        put(values, Metric.IMAGE_AUROC, ranking.auroc());
        put(values, Metric.IMAGE_AP, ranking.averagePrecision());
        imageF1.ifPresent(best -> values.put(Metric.IMAGE_F1MAX, best.value()));
        if (images == 0) {
            notes.add("no test images");
        } else if (!ranking.isDefined()) {
            notes.add(ranking.anomalousCount() == 0 ? "no defective test images" : "no good test images");
        }
        if (withoutMask > 0) {
            notes.add(withoutMask + " defective test " + (withoutMask == 1 ? "image has" : "images have") + " no mask");
        } else {
            addPixelMetrics(values, notes);
        }
        OptionalDouble threshold =
                imageF1.map(best -> OptionalDouble.of(best.threshold())).orElse(OptionalDouble.empty());
        return new ClassMetrics(name, values, threshold, String.join("; ", notes), remarks());
    }

    private void addPixelMetrics(Map<Metric, Double> values, List<String> notes) {
        ScoreRanking ranking = pixels.ranking();
        if (pixelMetrics == null) {
            Map<Metric, Double> made = new EnumMap<>(Metric.class);
            put(made, Metric.PIXEL_AUROC, ranking.auroc());
            put(made, Metric.PIXEL_AP, ranking.averagePrecision());
            ranking.bestF1().ifPresent(best -> made.put(Metric.PIXEL_F1MAX, best.value()));
            put(made, Metric.AUPRO, pixels.aupro(PixelScores.AUPRO_LIMIT));
            pixelMetrics = made;
        }
        values.putAll(pixelMetrics);
        if (images > 0 && !ranking.isDefined()) {
            notes.add(ranking.anomalousCount() == 0 ? "no mask has a pixel set" : "no pixel is normal");
        }
    }

    private static void put(Map<Metric, Double> values, Metric metric, OptionalDouble value) {
        value.ifPresent(number -> values.put(metric, number));
    }

    private static boolean anySet(boolean[] mask) {
        for (boolean set : mask) {
            if (set) {
                return true;
            }
        }
        return false;
    }
}
