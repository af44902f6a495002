package org.rlr.model.backbone.scattering;

/**
 * Mean and standard deviation per channel over the tokens of all training images, in one pass, in double precision.
 *
 * <p>Each call of {@link #add} takes mean and squared deviation of its tokens in two passes over them and merges those
 * with what there is (Chan, Golub and LeVeque 1979), so that the result depends on the order and the grouping of the
 * calls, and on nothing else. Not safe for use by several threads: add images in a fixed order from one, or
 * {@link #merge} in a fixed order.
 */
public final class ChannelStatistics {
    private final double[] mean;
    /** Sums of squared deviations from the mean. */
    private final double[] deviation;

    private long count;

    /**
     * Statistics of nothing yet.
     *
     * @param channels at least 1
     * @throws IllegalArgumentException if it is less
     */
    public ChannelStatistics(int channels) {
        if (channels < 1) {
            throw new IllegalArgumentException("channels must be at least 1, not " + channels);
        }
        this.mean = new double[channels];
        this.deviation = new double[channels];
    }

    /** {@return channels of a token} */
    public int channels() {
        return mean.length;
    }

    /** {@return tokens so far} */
    public long count() {
        return count;
    }

    /**
     * Takes in the tokens of one image.
     *
     * @param tokens {@code [tokens][channels]}
     * @throws IllegalArgumentException if the length is not a multiple of the channels, or a value is not finite;
     *     nothing is taken in then
     */
    public void add(float[] tokens) {
        int channels = mean.length;
        if (tokens.length % channels != 0) {
            throw new IllegalArgumentException(
                    tokens.length + " values are no whole number of tokens of " + channels + " channels");
        }
        int n = tokens.length / channels;
        if (n == 0) {
            return;
        }
        ChannelStatistics batch = new ChannelStatistics(channels);
        batch.count = n;
        for (int t = 0; t < n; t++) {
            for (int c = 0; c < channels; c++) {
                batch.mean[c] += tokens[t * channels + c];
            }
        }
        for (int c = 0; c < channels; c++) {
            batch.mean[c] /= n;
            if (!Double.isFinite(batch.mean[c])) {
                throw new IllegalArgumentException("channel " + c + " has a value that is not finite");
            }
        }
        for (int t = 0; t < n; t++) {
            for (int c = 0; c < channels; c++) {
                double d = tokens[t * channels + c] - batch.mean[c];
                batch.deviation[c] += d * d;
            }
        }
        merge(batch);
    }

    /**
     * Takes in the tokens that other statistics have taken in.
     *
     * @param other of as many channels
     * @throws IllegalArgumentException if they differ
     */
    public void merge(ChannelStatistics other) {
        if (other.mean.length != mean.length) {
            throw new IllegalArgumentException(
                    "cannot merge statistics of " + other.mean.length + " channels into those of " + mean.length);
        }
        if (other.count == 0) {
            return;
        }
        long total = count + other.count;
        double share = (double) other.count / total;
        double cross = count * share;
        for (int c = 0; c < mean.length; c++) {
            double d = other.mean[c] - mean[c];
            mean[c] += d * share;
            deviation[c] += other.deviation[c] + d * d * cross;
        }
        count = total;
    }

    /**
     * The means, {@code [channels]}.
     *
     * @return a new array
     * @throws IllegalStateException if there were no tokens
     */
    public float[] mean() {
        requireTokens();
        float[] result = new float[mean.length];
        for (int c = 0; c < result.length; c++) {
            result[c] = (float) mean[c];
        }
        return result;
    }

    /**
     * The standard deviations (divided by the count, not by the count less one), {@code [channels]}.
     *
     * @param floor the least value given, so that a channel that is constant in training, such as the colour of grey
     *     images, is not blown up
     * @return a new array
     * @throws IllegalStateException if there were no tokens
     */
    public float[] standardDeviation(float floor) {
        requireTokens();
        float[] result = new float[mean.length];
        for (int c = 0; c < result.length; c++) {
            result[c] = Math.max(floor, (float) Math.sqrt(deviation[c] / count));
        }
        return result;
    }

    private void requireTokens() {
        if (count == 0) {
            throw new IllegalStateException("there are no tokens to take statistics of");
        }
    }

    /**
     * Replaces every value x by {@code (x - mean) / standardDeviation} of its channel.
     *
     * @param tokens {@code [tokens][channels]}
     * @param mean {@code [channels]}
     * @param standardDeviation {@code [channels]}, above 0
     * @throws IllegalArgumentException if the lengths do not fit
     */
    public static void standardise(float[] tokens, float[] mean, float[] standardDeviation) {
        int channels = mean.length;
        if (standardDeviation.length != channels || tokens.length % channels != 0) {
            throw new IllegalArgumentException(tokens.length + " values, " + channels + " means and "
                    + standardDeviation.length + " standard deviations do not fit together");
        }
        for (int from = 0; from < tokens.length; from += channels) {
            for (int c = 0; c < channels; c++) {
                tokens[from + c] = (tokens[from + c] - mean[c]) / standardDeviation[c];
            }
        }
    }
}
