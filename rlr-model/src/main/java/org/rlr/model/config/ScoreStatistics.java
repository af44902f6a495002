package org.rlr.model.config;

import static org.rlr.model.config.Numbers.requireUsable;

/**
 * Image scores of the training images, all normal, and the threshold derived from them.
 *
 * @param images how many; 0 where none were scored, as the threshold was given or the scoring changed after training
 * @param mean their mean score
 * @param std their standard deviation
 * @param max their largest score
 * @param threshold mean + 3·std, the threshold where none was found on images held out of training ({@link Threshold})
 * @param mapMin the smallest value of their anomaly maps, or of those of other normal images where none were scored;
 *     with {@code mapMax} a colour scale common to all images
 * @param mapMax the largest of them
 */
public record ScoreStatistics(
        int images, double mean, double std, double max, double threshold, double mapMin, double mapMax) {
    /** How many standard deviations above the mean of normal images the threshold lies. */
    static final double DEVIATIONS = 3;

    /**
     * Checks that they are usable.
     *
     * @throws IllegalArgumentException if a number of images or a deviation is negative or a value is not finite
     */
    public ScoreStatistics {
        requireUsable(images >= 0, "scores.images", images);
        requireUsable(std >= 0 && std <= Double.MAX_VALUE, "scores.std", std);
        double sum = mean + max + threshold + mapMin + mapMax;
        requireUsable(Double.isFinite(sum), "scores", sum);
    }

    /**
     * A threshold that was given, without images; colour scales begin at 0.
     *
     * @param threshold score above which an image is anomalous
     * @return statistics of 0 images, the map from 0 to the threshold
     */
    public static ScoreStatistics given(double threshold) {
        return given(threshold, 0, threshold);
    }

    /**
     * A threshold that was not found on training images, and the range of normal maps for colour scales.
     *
     * @param threshold score above which an image is anomalous
     * @param mapMin lower end of the colour scale
     * @param mapMax upper end of the colour scale
     * @return statistics of 0 images
     */
    public static ScoreStatistics given(double threshold, double mapMin, double mapMax) {
        return new ScoreStatistics(0, 0, 0, 0, threshold, mapMin, mapMax);
    }

    /**
     * Statistics of scores, and the range of the maps they came from.
     *
     * @param scores image scores, at least one
     * @param mapMin smallest value of the maps
     * @param mapMax largest value of the maps
     * @return mean, standard deviation (divided by their number), maximum and mean + 3 deviations
     */
    public static ScoreStatistics of(double[] scores, double mapMin, double mapMax) {
        double sum = 0;
        double max = Double.NEGATIVE_INFINITY;
        for (double s : scores) {
            sum += s;
            max = Math.max(max, s);
        }
        double mean = sum / scores.length;
        double squares = 0;
        for (double s : scores) {
            squares += (s - mean) * (s - mean);
        }
        double std = Math.sqrt(squares / scores.length);
        return new ScoreStatistics(scores.length, mean, std, max, mean + DEVIATIONS * std, mapMin, mapMax);
    }
}
