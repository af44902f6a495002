package org.rlr.model.eval;

import java.util.Arrays;
import java.util.OptionalDouble;
import org.jspecify.annotations.Nullable;
import org.rlr.model.data.Regions;
import org.rlr.tensor.ResourceException;

/**
 * The pooled pixels of all test images of a class, including good images: their scores, and the ground-truth regions of
 * the anomalous pixels. Takes 8 bytes per normal pixel and 12 per anomalous one. For one thread.
 */
public final class PixelScores {
    /** The usual limit of the false-positive rate for AUPRO. */
    public static final double AUPRO_LIMIT = 0.3;
    /** The number of thresholds in older tables of AUPRO. */
    public static final int AUPRO_THRESHOLDS = 200;

    /** The length of the longest array. */
    private static final int MOST = Integer.MAX_VALUE - 8;

    private double[] normal = new double[1024];
    private int normalCount;
    private double[] anomalous = new double[1024];
    private int[] regionOf = new int[1024];
    private int anomalousCount;
    private int[] areas = new int[16];
    private int regionCount;
    /** Computed on demand, cleared when pixels are added. */
    private @Nullable ScoreRanking ranking;

    private interface Scores {
        double at(int pixel);
    }

    /** Creates an empty collection. */
    public PixelScores() {}

    /**
     * Reserves memory for the normal pixels: growing step by step needs more than twice the memory temporarily.
     *
     * @param pixels the number of normal pixels of all images
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
     * @param mask its anomalous pixels, of the same size; null for none
     * @param height rows
     * @param width columns
     * @throws org.rlr.tensor.RlrException if a score is not finite; no pixel of the image is added then
     */
    public void add(float[] map, boolean @Nullable [] mask, int height, int width) {
        add(pixel -> map[pixel], map.length, mask, height, width);
    }

    /**
     * Like {@link #add(float[], boolean[], int, int)}, in double precision.
     *
     * @param map the anomaly map, row-major
     * @param mask its anomalous pixels, of the same size; null for none
     * @param height rows
     * @param width columns
     * @throws IllegalArgumentException if the map or the mask has another size
     * @throws org.rlr.tensor.RlrException if a score is not finite
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
            // normal pixels may be reordered; anomalous ones must stay with their regions
            Arrays.sort(normal, 0, normalCount);
            double[] sorted = Arrays.copyOf(anomalous, anomalousCount);
            Arrays.sort(sorted);
            ranking = new ScoreRanking(sorted, anomalousCount, normal, normalCount);
        }
        return ranking;
    }

    /** {@return the number of regions in the masks} */
    public int regionCount() {
        return regionCount;
    }

    /**
     * Returns the area under the per-region overlap. The overlap is the mean over all regions of the found part of the
     * region (score at least the threshold), as a function of the false-positive rate among all normal pixels, at every
     * distinct score, from (0, 0). It is integrated with trapezoids up to {@code limit} (interpolated there) and
     * divided by it. Empty without regions or without normal pixels.
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
     * Returns the same area, approximated as in older tables: thresholds are evenly spaced from the least score towards
     * the greatest; a pixel is found if its score is above the threshold; points with a false-positive rate of at most
     * {@code limit}, rescaled to [0, 1], are joined by trapezoids. Only for comparison. Empty if {@link #aupro} is, or
     * if fewer than two different rates are within the limit.
     *
     * @param limit greatest false-positive rate, above 0 and at most 1
     * @param thresholds their number, for example {@link #AUPRO_THRESHOLDS}
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
        for (int i = thresholds - 1; i >= 0; i--) { // ascending rates
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
     * Returns the mean overlap of the regions if the anomalous pixels from rank {@code i} on (from the lowest) are
     * found, for {@code i} from 0 to their number. Among equal scores only the value at the first is valid.
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
                    "a class has more than " + count + " test pixels, too many for an array",
                    "lower `imageSize`",
                    null);
        }
        return Arrays.copyOf(values, (int) Math.min(MOST, values.length * 3L / 2));
    }
}
