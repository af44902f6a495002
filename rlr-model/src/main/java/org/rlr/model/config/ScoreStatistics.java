package org.rlr.model.config;

import static org.rlr.model.config.Numbers.requireUsable;

/**
 * Image scores of the training images (all normal), and the threshold derived from them.
 *
 * @param images number of images; 0 if the threshold was given or the scoring changed after training
 * @param mean their mean score
 * @param std their standard deviation
 * @param max their largest score
 * @param threshold mean + 3·std, which applies unless a threshold was found on held-out images ({@link Threshold})
 * @param mapMin smallest value of their anomaly maps, or of those of other normal images if no training images were
 *     scored; {@code mapMin} and {@code mapMax} give a colour scale for all images
 * @param mapMax largest value of the same maps
 */
public record ScoreStatistics(
        int images, double mean, double std, double max, double threshold, double mapMin, double mapMax) {
    /** Distance of the threshold from the mean of normal images, in standard deviations. */
    static final double DEVIATIONS = 3;

    /**
     * Checks the values.
     *
     * @throws IllegalArgumentException if the number of images or the deviation is negative, or a value is not finite
     */
    public ScoreStatistics {
        requireUsable(images >= 0, "scores.images", images);
        requireUsable(std >= 0 && std <= Double.MAX_VALUE, "scores.std", std);
        double sum = mean + max + threshold + mapMin + mapMax;
        requireUsable(Double.isFinite(sum), "scores", sum);
    }

    /**
     * Returns statistics for a threshold that was given without images; colour scales begin at 0.
     *
     * @param threshold score above which an image is anomalous
     * @return statistics of 0 images; maps range from 0 to the threshold
     */
    public static ScoreStatistics given(double threshold) {
        return given(threshold, 0, threshold);
    }

    /**
     * Returns statistics for a threshold that was not found on training images, with a range of normal maps.
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
     * Computes statistics of scores, with the range of their maps.
     *
     * @param scores image scores, at least one
     * @param mapMin smallest value of the maps
     * @param mapMax largest value of the maps
     * @return mean, standard deviation (divided by the count), maximum and mean + 3 deviations
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
