package org.rlr.model.backbone.scattering;

/**
 * Mean and standard deviation per channel over the tokens of all training images, in one pass, in double precision.
 *
 * <p>Each call of {@link #add} computes mean and squared deviation of its tokens in two passes and merges them with the
 * previous ones (Chan, Golub and LeVeque 1979), so the result depends only on the order and grouping of the calls. Not
 * safe for use by several threads: add images in a fixed order from one thread, or {@link #merge} in a fixed order.
 */
public final class ChannelStatistics {
    private final double[] mean;
    /** Sums of squared deviations from the mean. */
    private final double[] deviation;

    private long count;

    /**
     * Creates empty statistics.
     *
     * @param channels at least 1
     * @throws IllegalArgumentException if it is less
     */
    public ChannelStatistics(int channels) {
        if (channels < 1) {
            throw new IllegalArgumentException("channels is " + channels + "; it must be at least 1");
        }
        this.mean = new double[channels];
        this.deviation = new double[channels];
    }

    /** {@return channels of a token} */
    public int channels() {
        return mean.length;
    }

    /** {@return number of tokens added so far} */
    public long count() {
        return count;
    }

    /**
     * Adds the tokens of one image.
     *
     * @param tokens {@code [tokens][channels]}
     * @throws IllegalArgumentException if the length is not a multiple of the channels, or a value is not finite;
     *     nothing is added then
     */
    public void add(float[] tokens) {
        int channels = mean.length;
        if (tokens.length % channels != 0) {
            throw new IllegalArgumentException(
                    tokens.length + " values are not a multiple of the " + channels + " channels of a token");
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
                throw new IllegalArgumentException("channel " + c + " has a value that is NaN or infinite");
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
     * Adds the tokens of other statistics.
     *
     * @param other statistics with the same number of channels
     * @throws IllegalArgumentException if the numbers of channels differ
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
     * Returns the means, {@code [channels]}.
     *
     * @return a new array
     * @throws IllegalStateException if no tokens were added
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
     * Returns the standard deviations (divided by the count), {@code [channels]}.
     *
     * @param floor least value returned, so that a channel that is constant in training (such as the colour of grey
     *     images) is not amplified
     * @return a new array
     * @throws IllegalStateException if no tokens were added
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
            throw new IllegalStateException("no tokens were added; statistics need at least one");
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
