package org.rlr.model.detect;

import java.util.Arrays;

/**
 * A two-dimensional Gaussian filter with the results of SciPy's {@code gaussian_filter}: the kernel is cut off at four
 * standard deviations (rounded to a whole radius) and normalised; borders are mirrored with the edge pixel repeated
 * ("reflect"), even for images smaller than the kernel. Immutable; sums in double precision.
 */
public final class GaussianFilter {
    private static final double TRUNCATE = 4;

    private final double[] kernel;

    /**
     * Creates a filter.
     *
     * @param sigma standard deviation in pixels, above 0 and below 1e6
     * @throws IllegalArgumentException if sigma is out of range
     */
    public GaussianFilter(double sigma) {
        if (!(sigma > 0 && sigma < 1e6)) {
            throw new IllegalArgumentException(
                    "the standard deviation is " + sigma + "; it must be above 0 and below 1e6 pixels");
        }
        int radius = (int) (TRUNCATE * sigma + 0.5);
        kernel = new double[2 * radius + 1];
        double sum = 0;
        for (int i = 0; i < kernel.length; i++) {
            double distance = (i - radius) / sigma;
            kernel[i] = Math.exp(-0.5 * distance * distance);
            sum += kernel[i];
        }
        for (int i = 0; i < kernel.length; i++) {
            kernel[i] /= sum;
        }
    }

    /**
     * Filters an image.
     *
     * @param image row-major; not changed
     * @param height rows, at least 1
     * @param width columns, at least 1
     * @return a new array, row-major
     * @throws IllegalArgumentException if the array does not have {@code height·width} pixels
     */
    public float[] apply(float[] image, int height, int width) {
        if (height < 1 || width < 1 || image.length != height * width) {
            throw new IllegalArgumentException(
                    "an image of " + image.length + " pixels is not " + width + "×" + height);
        }
        int radius = kernel.length / 2;
        double[] column = new double[width];
        double[] padded = new double[width + 2 * radius];
        double[] line = new double[width];
        float[] result = new float[image.length];
        for (int y = 0; y < height; y++) {
            Arrays.fill(column, 0);
            for (int k = 0; k < kernel.length; k++) {
                double weight = kernel[k];
                int row = mirrored(y + k - radius, height) * width;
                for (int x = 0; x < width; x++) {
                    column[x] += weight * image[row + x];
                }
            }
            for (int x = 0; x < padded.length; x++) {
                padded[x] = column[mirrored(x - radius, width)];
            }
            Arrays.fill(line, 0);
            for (int k = 0; k < kernel.length; k++) {
                double weight = kernel[k];
                for (int x = 0; x < width; x++) {
                    line[x] += weight * padded[x + k];
                }
            }
            for (int x = 0; x < width; x++) {
                result[y * width + x] = (float) line[x];
            }
        }
        return result;
    }

    /**
     * The index of the pixel that mirrors an index outside the image: … 1 0 | 0 1 2 … n-1 | n-1 n-2 …, repeated
     * endlessly.
     */
    private static int mirrored(int index, int length) {
        int phase = Math.floorMod(index, 2 * length);
        return phase < length ? phase : 2 * length - 1 - phase;
    }
}
