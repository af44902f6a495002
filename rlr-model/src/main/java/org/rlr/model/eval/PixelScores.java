package org.rlr.model.eval;

import java.util.Arrays;
import java.util.OptionalDouble;
import org.jspecify.annotations.Nullable;
import org.rlr.model.data.Regions;
import org.rlr.tensor.ResourceException;

/**
 * The pixels of all test images of a class, good images included, pooled: their scores, and the regions of the ground
 * truth that the anomalous ones belong to. Holds 8 bytes per normal pixel and 12 per anomalous one. For one thread.
 */
public final class PixelScores {
    /** The usual limit of the false-positive rate for AUPRO. */
    public static final double AUPRO_LIMIT = 0.3;
    /** Thresholds that older tables of AUPRO were made with. */
    public static final int AUPRO_THRESHOLDS = 200;

    /** The longest array. */
    private static final int MOST = Integer.MAX_VALUE - 8;

    private double[] normal = new double[1024];
    private int normalCount;
    private double[] anomalous = new double[1024];
    private int[] regionOf = new int[1024];
    private int anomalousCount;
    private int[] areas = new int[16];
    private int regionCount;
    /** Made when asked for, forgotten when pixels are added. */
    private @Nullable ScoreRanking ranking;

    private interface Scores {
        double at(int pixel);
    }

    /** Holds no pixels yet. */
    public PixelScores() {}

    /**
     * Makes room for so many normal pixels in all: growing on the way would need more than twice the memory for a
     * while.
     *
     * @param pixels normal pixels of all images
     */
    public void reserve(long pixels) {
        if (pixels > normal.length) {
            normal = Arrays.copyOf(normal, (int) Math.min(MOST, pixels));
        }
    }

    /**
     * Adds an image.
     *
     * @param map the anomaly map, row-major
     * @param mask where it is anomalous, of the same size; null where nowhere
     * @param height rows
     * @param width columns
     * @throws org.rlr.tensor.RlrException where a score is not finite; no pixel of the image is then counted
     */
    public void add(float[] map, boolean @Nullable [] mask, int height, int width) {
        add(pixel -> map[pixel], map.length, mask, height, width);
    }

    /**
     * As {@link #add(float[], boolean[], int, int)}, in double precision.
     *
     * @param map the anomaly map, row-major
     * @param mask where it is anomalous, of the same size; null where nowhere
     * @param height rows
     * @param width columns
     * @throws IllegalArgumentException where map or mask is of another size
     * @throws org.rlr.tensor.RlrException where a score is not finite
     */
    public void add(double[] map, boolean @Nullable [] mask, int height, int width) {
        add(pixel -> map[pixel], map.length, mask, height, width);
    }

    private void add(Scores map, int pixels, boolean @Nullable [] mask, int height, int width) {
        if (pixels != height * width || (mask != null && mask.length != pixels)) {
            throw new IllegalArgumentException("a map of " + pixels + " pixels and a mask of "
                    + (mask == null ? pixels : mask.length) + " are not both " + width + "×" + height);
        }
        for (int pixel = 0; pixel < pixels; pixel++) {
            ScoreRanking.requireFinite(map.at(pixel), pixel);
        }
        ranking = null;
        Regions regions = Regions.of(mask == null ? new boolean[pixels] : mask, height, width);
        for (int pixel = 0; pixel < pixels; pixel++) {
            double score = map.at(pixel) + 0.0; // -0 becomes 0
            int region = regions.labels()[pixel];
            if (region < 0) {
                normal = withRoom(normal, normalCount);
                normal[normalCount++] = score;
            } else {
                anomalous = withRoom(anomalous, anomalousCount);
                if (regionOf.length < anomalous.length) {
                    regionOf = Arrays.copyOf(regionOf, anomalous.length);
                }
                regionOf[anomalousCount] = regionCount + region;
                anomalous[anomalousCount++] = score;
            }
        }
        int[] added = regions.areas();
        areas = Arrays.copyOf(areas, Math.max(areas.length, regionCount + added.length));
        System.arraycopy(added, 0, areas, regionCount, added.length);
        regionCount += added.length;
    }

    /** {@return the ranking of all pixels, for AUROC, average precision and F1} */
    public ScoreRanking ranking() {
        if (ranking == null) {
            // the normal ones may change places; the anomalous ones must stay beside their regions
            Arrays.sort(normal, 0, normalCount);
            double[] sorted = Arrays.copyOf(anomalous, anomalousCount);
            Arrays.sort(sorted);
            ranking = new ScoreRanking(sorted, anomalousCount, normal, normalCount);
        }
        return ranking;
    }

    /** {@return how many regions the masks have} */
    public int regionCount() {
        return regionCount;
    }

    /**
     * Area under the per-region overlap: the mean over all regions of the part of the region that is found (score at
     * least the threshold), as a function of the rate of false positives among all normal pixels, at every distinct
     * score, from (0, 0), integrated with trapezoids up to {@code limit} (interpolated there) and divided by it. Empty
     * where there is no region or no normal pixel.
     *
     * @param limit greatest false-positive rate, above 0 and at most 1
     * @return 0…1, or empty
     * @throws IllegalArgumentException if the limit is out of range
     */
    public OptionalDouble aupro(double limit) {
        requireRate(limit);
        ScoreRanking all = ranking();
        if (!all.isDefined()) {
            return OptionalDouble.empty();
        }
        double[] overlapFrom = overlapFrom(all);
        double area = 0;
        double rate = 0;
        double overlap = 0;
        ScoreRanking.Sweep sweep = all.new Sweep();
        while (rate < limit && sweep.next()) {
            double nextRate = sweep.falsePositives / (double) normalCount;
            double nextOverlap = overlapFrom[anomalousCount - sweep.truePositives];
            if (nextRate > limit) {
                nextOverlap = overlap + (nextOverlap - overlap) * (limit - rate) / (nextRate - rate);
                nextRate = limit;
            }
            area += (nextRate - rate) * (overlap + nextOverlap) / 2;
            rate = nextRate;
            overlap = nextOverlap;
        }
        return OptionalDouble.of(area / limit);
    }

    /**
     * The same area as older tables approximate it: thresholds evenly spaced from the least score on, towards the
     * greatest; found where the score is above the threshold; the points with a false-positive rate of at most
     * {@code limit}, their rates rescaled to [0, 1], joined by trapezoids. Only for comparison. Empty where
     * {@link #aupro} is, and where fewer than two different rates lie within the limit.
     *
     * @param limit greatest false-positive rate, above 0 and at most 1
     * @param thresholds how many, as {@link #AUPRO_THRESHOLDS}
     * @return 0…1, or empty
     * @throws IllegalArgumentException if the limit is out of range
     */
    public OptionalDouble auproSampled(double limit, int thresholds) {
        requireRate(limit);
        ScoreRanking all = ranking();
        if (!all.isDefined()) {
            return OptionalDouble.empty();
        }
        double[] overlapFrom = overlapFrom(all);
        double[] range = all.range();
        double step = (range[1] - range[0]) / thresholds;
        double area = 0;
        double firstRate = Double.NaN;
        double rate = Double.NaN;
        double overlap = Double.NaN;
        for (int i = thresholds - 1; i >= 0; i--) { // rates ascend
            double threshold = range[0] + i * step;
            double nextRate = all.normalAbove(threshold) / (double) normalCount;
            double nextOverlap = overlapFrom[anomalousCount - all.anomalousAbove(threshold)];
            if (nextRate > limit) {
                break;
            }
            if (Double.isNaN(rate)) {
                firstRate = nextRate;
            } else {
                area += (nextRate - rate) * (overlap + nextOverlap) / 2;
            }
            rate = nextRate;
            overlap = nextOverlap;
        }
        return rate > firstRate ? OptionalDouble.of(area / (rate - firstRate)) : OptionalDouble.empty();
    }

    /**
     * The mean overlap of the regions when the anomalous pixels from rank {@code i} on (from the lowest) are found, for
     * {@code i} from 0 to their number. Within equal scores only the value at the first is meaningful.
     */
    private double[] overlapFrom(ScoreRanking all) {
        double[] overlap = new double[anomalousCount + 1];
        for (int i = 0; i < anomalousCount; i++) {
            overlap[all.rank(anomalous[i])] += 1.0 / areas[regionOf[i]];
        }
        double sum = 0;
        for (int i = anomalousCount - 1; i >= 0; i--) {
            sum += overlap[i];
            overlap[i] = sum / regionCount;
        }
        return overlap;
    }

    private static void requireRate(double limit) {
        if (!(limit > 0 && limit <= 1)) {
            throw new IllegalArgumentException(
                    "the limit of the false-positive rate must be above 0 and at most 1, not " + limit);
        }
    }

    private static double[] withRoom(double[] values, int count) {
        if (count < values.length) {
            return values;
        }
        if (count == MOST) {
            throw new ResourceException(
                    ResourceException.Resource.MEMORY,
                    "a class has more than " + count + " test pixels, which is more than an array holds",
                    "lower `imageSize`",
                    null);
        }
        return Arrays.copyOf(values, (int) Math.min(MOST, values.length * 3L / 2));
    }
}
