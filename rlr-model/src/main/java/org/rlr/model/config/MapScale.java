package org.rlr.model.config;

import java.util.Arrays;
import java.util.List;

/**
 * The scores that are drawn in the coldest and in the hottest colour. Use one scale for all maps that are viewed
 * together: a scale per image would show a hottest spot in every normal image.
 *
 * @param min score that is drawn coldest; lower scores look the same
 * @param max score that is drawn hottest; higher scores look the same
 */
public record MapScale(float min, float max) {
    /**
     * The share of scores below the hottest colour. Higher scores look the same, so that one extreme defect does not
     * make all others look cold.
     */
    private static final double HOTTEST = 0.995;
    /** Number of scores sampled to find it. */
    private static final int LOOKED_AT = 1 << 22;

    /**
     * Returns one scale for all maps of a data set: from the median of their scores to the quantile {@value #HOTTEST},
     * or to {@code least} if that is larger, so that a set without anomalies does not look anomalous.
     *
     * @param maps scores of each map
     * @param least lower bound for the upper end of the scale, such as the model's threshold
     * @return the scale
     */
    public static MapScale of(List<float[]> maps, float least) {
        Sampler sampler = new Sampler(maps.stream().mapToLong(map -> map.length).sum());
        maps.forEach(sampler::add);
        return sampler.scale(least);
    }

    /**
     * Finds the scale of maps that arrive one by one and are not kept. It samples scores at a regular interval, which
     * it doubles if more scores arrive than expected, as maps may differ in size.
     */
    public static final class Sampler {
        private long step;
        private final float[] scores;
        private int count;
        private long next;
        private long seen;

        /**
         * Creates a sampler for maps of about {@code total} scores together.
         *
         * @param total approximate number of scores of all maps
         */
        public Sampler(long total) {
            step = Math.max(1, (total + LOOKED_AT - 1) / LOOKED_AT);
            scores = new float[(int) ((total + step - 1) / step)];
        }

        /**
         * Samples a map.
         *
         * @param map its scores; not kept
         */
        public void add(float[] map) {
            for (; next < seen + map.length; next += step) {
                if (count == scores.length) {
                    thinOut();
                    if (next >= seen + map.length) {
                        break;
                    }
                }
                scores[count++] = map[(int) (next - seen)];
            }
            seen += map.length;
        }

        private void thinOut() {
            count = (count + 1) / 2;
            for (int i = 1; i < count; i++) {
                scores[i] = scores[2 * i];
            }
            step *= 2;
            next = count * step;
        }

        /**
         * Returns the scale of the maps so far, as {@link MapScale#of}.
         *
         * @param least lower bound for the upper end of the scale, such as the model's threshold
         * @return the scale; from 0 to {@code least} if there were no maps
         */
        public MapScale scale(float least) {
            if (count == 0) {
                return new MapScale(0, least);
            }
            float[] sorted = Arrays.copyOf(scores, count);
            Arrays.sort(sorted);
            return new MapScale(sorted[count / 2], Math.max(least, sorted[(int) (HOTTEST * (count - 1))]));
        }
    }

    /**
     * Returns the position of a score on the scale.
     *
     * @param score any score
     * @return 0…1; 0 if the scale has no width
     */
    public double position(double score) {
        return max > min ? Math.max(0, Math.min(1, (score - min) / (max - min))) : 0;
    }
}
