package org.rlr.model.report;

/**
 * Which scores are drawn as cold and which as hot. One scale belongs to all maps that are looked at together: a scale of its own for each image
 * would show a hottest spot on every normal one.
 *
 * @param min the score, and everything below, that is coldest
 * @param max the score, and everything above, that is hottest
 */
public record MapScale(float min, float max) {
    /** Of no map yet; for {@link #including}. */
    public static final MapScale EMPTY = new MapScale(Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY);

    /** The scale widened, where needed, to the scores of a map. */
    public MapScale including(float[] map) {
        float least = min;
        float greatest = max;
        for (float score : map) {
            least = Math.min(least, score);
            greatest = Math.max(greatest, score);
        }
        return new MapScale(least, greatest);
    }

    /** Where a score lies on the scale, 0…1; 0 where the scale has no width. */
    double position(double score) {
        return max > min ? Math.max(0, Math.min(1, (score - min) / (max - min))) : 0;
    }
}
