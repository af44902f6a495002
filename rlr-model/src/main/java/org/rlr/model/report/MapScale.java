package org.rlr.model.report;

import java.util.Arrays;
import java.util.List;

/**
 * Which scores are drawn as cold and which as hot. One scale belongs to all maps that are looked at together: a scale of its own for each image
 * would show a hottest spot on every normal one.
 *
 * @param min the score, and everything below, that is coldest
 * @param max the score, and everything above, that is hottest
 */
public record MapScale(float min, float max) {
    /** The share of scores that lie below the hottest: what is beyond is as hot, so that one extreme defect does not make all others look cold. */
    private static final double HOTTEST = 0.995;
    /** Scores that are looked at to find it; of more, every so many-th. */
    private static final int LOOKED_AT = 1 << 22;

    /**
     * One scale for all maps of a data set: from the median of their scores to that which {@value #HOTTEST} of them are below, or to {@code least} where
     * that is more: a set without anomalies shall not look as if it had some.
     */
    public static MapScale of(List<float[]> maps, float least) {
        long total = maps.stream().mapToLong(map -> map.length).sum();
        int step = (int) ((total + LOOKED_AT - 1) / LOOKED_AT);
        float[] scores = new float[(int) ((total + Math.max(1, step) - 1) / Math.max(1, step))];
        int count = 0;
        long next = 0;
        long start = 0;
        for (float[] map : maps) {
            for (; next < start + map.length; next += step) {
                scores[count++] = map[(int) (next - start)];
            }
            start += map.length;
        }
        if (count == 0) {
            return new MapScale(0, least);
        }
        Arrays.sort(scores);
        return new MapScale(scores[count / 2], Math.max(least, scores[(int) (HOTTEST * (count - 1))]));
    }

    /** Where a score lies on the scale, 0…1; 0 where the scale has no width. */
    double position(double score) {
        return max > min ? Math.max(0, Math.min(1, (score - min) / (max - min))) : 0;
    }
}
