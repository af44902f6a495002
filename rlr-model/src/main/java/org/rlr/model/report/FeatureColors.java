package org.rlr.model.report;

import java.util.List;
import org.ejml.data.FMatrixRMaj;
import org.ejml.dense.row.factory.DecompositionFactory_FDRM;
import org.ejml.interfaces.decomposition.EigenDecomposition_F32;
import org.rlr.model.data.RgbImage;
import org.rlr.tensor.RlrException;

/**
 * False colours of feature maps: their three principal components (PCA) as red, green and blue. A basis fitted on one
 * map can colour other maps with the same channels; equal colours are then equal features.
 */
public final class FeatureColors {
    /**
     * The range on either side of middle grey, in standard deviations of the fitted map; values beyond it are clipped.
     */
    private static final double SPREAD = 2.5;

    private final int channels;
    private final double[] mean;
    /**
     * Per colour the weight of each channel's deviation from its mean, in units of half the colour's range; 0 without
     * such a component.
     */
    private final double[][] weights = new double[RgbImage.CHANNELS][];

    /**
     * Fits the components to one map.
     *
     * @param tokens {@code [h·w, channels]}, row-major
     * @param channels of a token
     * @throws IllegalArgumentException as {@link #FeatureColors(List, int)}
     * @throws RlrException as that
     */
    public FeatureColors(float[] tokens, int channels) {
        this(List.of(tokens), channels);
    }

    /**
     * Fits the components to several maps together, for example of an image's tiles.
     *
     * @param maps each {@code [h·w, channels]}, row-major
     * @param channels of a token
     * @throws IllegalArgumentException if there is none, or a length is no multiple of the channels
     * @throws RlrException if the features are not finite numbers
     */
    public FeatureColors(List<float[]> maps, int channels) {
        int count = 0;
        for (float[] tokens : maps) {
            if (channels < 1 || tokens.length == 0 || tokens.length % channels != 0) {
                throw new IllegalArgumentException(
                        tokens.length + " values are not tokens of " + channels + " channels");
            }
            count += tokens.length / channels;
        }
        if (count == 0) {
            throw new IllegalArgumentException("no maps have no components");
        }
        this.channels = channels;
        mean = new double[channels];
        for (float[] tokens : maps) {
            for (int i = 0; i < tokens.length; i++) {
                mean[i % channels] += tokens[i] / (double) count;
            }
        }
        FMatrixRMaj covariance = covariance(maps, count);
        EigenDecomposition_F32<FMatrixRMaj> eigen = DecompositionFactory_FDRM.eig(channels, true, true);
        if (!eigen.decompose(covariance)) {
            throw notFinite();
        }
        boolean[] taken = new boolean[channels];
        float largest = 0;
        for (int color = 0; color < weights.length; color++) {
            int component = strongest(eigen, taken);
            float variance = component < 0 ? 0 : eigen.getEigenvalue(component).getReal();
            largest = Math.max(largest, variance);
            // ignore components that are only rounding errors
            weights[color] = variance > 1e-6f * largest
                    ? scaled(eigen.getEigenVector(component), variance)
                    : new double[channels];
        }
    }

    private FMatrixRMaj covariance(List<float[]> maps, int count) {
        double[] sums = new double[channels * channels];
        maps.forEach(tokens -> addProducts(tokens, sums));
        FMatrixRMaj covariance = new FMatrixRMaj(channels, channels);
        for (int a = 0; a < channels; a++) {
            for (int b = 0; b <= a; b++) {
                float value = (float) (sums[a * channels + b] / count);
                if (!Float.isFinite(value)) {
                    throw notFinite();
                }
                covariance.set(a, b, value);
                covariance.set(b, a, value);
            }
        }
        return covariance;
    }

    private static RlrException notFinite() {
        return new RlrException(
                "the features of an image are not finite numbers: the model has diverged or its file is damaged",
                "train it again with a lower `learningRate`, or copy the file again");
    }

    /** Adds the products of the deviations of all pairs of channels (lower triangle) over a map's tokens. */
    private void addProducts(float[] tokens, double[] sums) {
        double[] deviation = new double[channels];
        for (int t = 0; t < tokens.length; t += channels) {
            for (int c = 0; c < channels; c++) {
                deviation[c] = tokens[t + c] - mean[c];
            }
            for (int a = 0; a < channels; a++) {
                for (int b = 0; b <= a; b++) {
                    sums[a * channels + b] += deviation[a] * deviation[b];
                }
            }
        }
    }

    /** Returns the remaining component of the largest variance, or −1. */
    private static int strongest(EigenDecomposition_F32<FMatrixRMaj> eigen, boolean[] taken) {
        int best = -1;
        for (int i = 0; i < eigen.getNumberOfEigenvalues(); i++) {
            if (!taken[i]
                    && (best < 0
                            || eigen.getEigenvalue(i).getReal()
                                    > eigen.getEigenvalue(best).getReal())) {
                best = i;
            }
        }
        if (best >= 0) {
            taken[best] = true;
        }
        return best;
    }

    /**
     * Scales a component and makes its largest weight positive, because its sign is arbitrary and equal maps must have
     * equal colours.
     */
    private double[] scaled(FMatrixRMaj vector, float variance) {
        int largest = 0;
        for (int c = 1; c < channels; c++) {
            if (Math.abs(vector.get(c)) > Math.abs(vector.get(largest))) {
                largest = c;
            }
        }
        double factor = Math.signum(vector.get(largest)) / (SPREAD * Math.sqrt(variance));
        double[] weights = new double[channels];
        for (int c = 0; c < channels; c++) {
            weights[c] = factor * vector.get(c);
        }
        return weights;
    }

    /**
     * Returns a map with the same channels as a picture, one pixel per token.
     *
     * @param tokens {@code [height·width, channels]}, row-major
     * @param height rows of the grid
     * @param width columns of the grid
     * @return a picture of {@code width × height} pixels
     * @throws IllegalArgumentException if the length is wrong
     */
    public RgbImage picture(float[] tokens, int height, int width) {
        if (tokens.length != height * width * channels) {
            throw new IllegalArgumentException(
                    tokens.length + " values are not " + width + "×" + height + " tokens of " + channels + " channels");
        }
        byte[] rgb = new byte[height * width * RgbImage.CHANNELS];
        for (int i = 0; i < rgb.length; i++) {
            int token = i / RgbImage.CHANNELS * channels;
            double[] weight = weights[i % RgbImage.CHANNELS];
            double position = 0;
            for (int c = 0; c < channels; c++) {
                position += weight[c] * (tokens[token + c] - mean[c]);
            }
            rgb[i] = (byte) Math.round(127.5 * (1 + Math.max(-1, Math.min(1, position))));
        }
        return new RgbImage(width, height, rgb);
    }
}
