package org.rlr.model.config;

import java.util.Arrays;
import java.util.List;

/**
 * Which scores are drawn as cold and which as hot. One scale belongs to all maps that are looked at together: a scale
 * of its own for each image would show a hottest spot on every normal one.
 *
 * @param min the score, and everything below, that is coldest
 * @param max the score, and everything above, that is hottest
 */
public record MapScale(float min, float max) {
    /**
     * The share of scores that lie below the hottest: what is beyond is as hot, so that one extreme defect does not
     * make all others look cold.
     */
    private static final double HOTTEST = 0.995;
    /** Scores that are looked at to find it; of more, every so many-th. */
    private static final int LOOKED_AT = 1 << 22;

    /**
     * One scale for all maps of a data set: from the median of their scores to that which {@value #HOTTEST} of them are
     * below, or to {@code least} where that is more: a set without anomalies shall not look as if it had some.
     *
     * @param maps scores of each map
     * @param least upper end of the scale at least, as the model's threshold
     * @return the scale
     */
    public static MapScale of(List<float[]> maps, float least) {
        Sampler sampler = new Sampler(maps.stream().mapToLong(map -> map.length).sum());
        maps.forEach(sampler::add);
        return sampler.scale(least);
    }

    /**
     * Finds the scale of maps that are seen one after the other and not kept: it keeps every so many-th score of as
     * many as are to come. Where more come, as maps may differ in size, it keeps every other of those.
     */
    public static final class Sampler {
        private long step;
        private final float[] scores;
        private int count;
        private long next;
        private long seen;

        /**
         * A sampler for maps of about {@code total} scores together.
         *
         * @param total scores of all maps, about
         */
        public Sampler(long total) {
            step = Math.max(1, (total + LOOKED_AT - 1) / LOOKED_AT);
            scores = new float[(int) ((total + step - 1) / step)];
        }

        /**
         * Looks at a map.
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
         * The scale of the maps so far, as {@link MapScale#of}.
         *
         * @param least upper end of the scale at least, as the model's threshold
         * @return the scale; from 0 to {@code least} where there were no maps
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
     * Where a score lies on the scale.
     *
     * @param score any score
     * @return 0…1; 0 where the scale has no width
     */
    public double position(double score) {
        return max > min ? Math.max(0, Math.min(1, (score - min) / (max - min))) : 0;
    }
}
