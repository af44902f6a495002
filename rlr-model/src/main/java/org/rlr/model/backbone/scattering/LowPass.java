package org.rlr.model.backbone.scattering;

import java.util.Arrays;

/**
 * The low-pass filter at the end of every scattering path: a Gaussian, sigma = 0.8 * 2^(J - 1) pixels, evaluated at the
 * centres of {@code 2^J x 2^J} cells of the image. The Gaussian is separable and few of its values are needed, so plain
 * sums cost much less than a Fourier transform; they may also be centred between samples, and do not wrap around.
 * Immutable.
 */
final class LowPass {
    /** Extent in standard deviations; 6e-5 of the Gaussian lies beyond it. */
    private static final double EXTENT = 4;

    /** The weights of one axis: output o is the sum of {@code weights[o][k] * x[first[o] + k]}. */
    private record Axis(int[] first, float[][] weights) {
        /**
         * @param outputs cells
         * @param cell pixels per cell
         * @param padding pixels before the first cell
         * @param length samples of the padded axis
         * @param samplePitch pixels per sample
         */
        static Axis gaussian(int outputs, int cell, int padding, int length, int samplePitch) {
            double sigma = MorletFilter.SIGMA * cell / 2;
            int[] first = new int[outputs];
            float[][] weights = new float[outputs][];
            for (int o = 0; o < outputs; o++) {
                double centre = (padding + (o + 0.5) * cell - 0.5) / samplePitch;
                double reach = EXTENT * sigma / samplePitch;
                first[o] = Math.max(0, (int) Math.ceil(centre - reach));
                int last = Math.min(length - 1, (int) Math.floor(centre + reach));
                double[] w = new double[last - first[o] + 1];
                double sum = 0;
                for (int k = 0; k < w.length; k++) {
                    double distance = (first[o] + k - centre) * samplePitch / sigma;
                    w[k] = StrictMath.exp(-distance * distance / 2);
                    sum += w[k];
                }
                weights[o] = new float[w.length];
                for (int k = 0; k < w.length; k++) {
                    weights[o][k] = (float) (w[k] / sum);
                }
            }
            return new Axis(first, weights);
        }

        double[][] matrix(int length) {
            double[][] matrix = new double[length][first.length];
            for (int o = 0; o < first.length; o++) {
                for (int k = 0; k < weights[o].length; k++) {
                    matrix[first[o] + k][o] = weights[o][k];
                }
            }
            return matrix;
        }
    }

    private final Axis vertical;
    private final Axis horizontal;
    private final int height;
    private final int width;

    /**
     * Plans the filter for images of one resolution.
     *
     * @param grid the padded image
     * @param resolution samples are {@code 2^resolution} pixels apart
     * @param scales J
     */
    LowPass(PaddedGrid grid, int resolution, int scales) {
        int cell = 1 << scales;
        int pitch = 1 << resolution;
        this.height = grid.paddedHeight() / pitch;
        this.width = grid.paddedWidth() / pitch;
        this.vertical = Axis.gaussian(grid.height() / cell, cell, grid.top(), height, pitch);
        this.horizontal = Axis.gaussian(grid.width() / cell, cell, grid.left(), width, pitch);
    }

    /** The filter along columns, as a matrix {@code [height][outputHeight]}. */
    double[][] down() {
        return vertical.matrix(height);
    }

    /** The filter along rows, as a matrix {@code [width][outputWidth]}. */
    double[][] across() {
        return horizontal.matrix(width);
    }

    /**
     * Filters one image into one channel of the output.
     *
     * @param rows rows of the image
     * @param offset start of the image in each row
     * @param room scratch buffer for a row
     * @param out {@code [outputHeight][outputWidth][channels]}
     * @param channel the channel to write
     */
    void apply(float[][] rows, int offset, float[] room, float[] out, int channels, int channel) {
        int outputWidth = horizontal.first.length;
        int to = channel;
        for (int y = 0; y < vertical.first.length; y++) {
            Arrays.fill(room, 0, width, 0);
            float[] down = vertical.weights[y];
            for (int k = 0; k < down.length; k++) {
                multiplyAdd(rows[vertical.first[y] + k], offset, down[k], room, width);
            }
            for (int x = 0; x < outputWidth; x++) {
                float[] across = horizontal.weights[x];
                int from = horizontal.first[x];
                float sum = 0;
                for (int k = 0; k < across.length; k++) {
                    sum += across[k] * room[from + k];
                }
                out[to] = sum;
                to += channels;
            }
        }
    }

    private static void multiplyAdd(float[] x, int offset, float factor, float[] y, int length) {
        for (int c = 0; c < length; c++) {
            y[c] += factor * x[offset + c];
        }
    }
}
