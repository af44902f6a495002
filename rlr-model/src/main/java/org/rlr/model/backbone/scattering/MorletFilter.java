package org.rlr.model.backbone.scattering;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * One oriented Morlet wavelet on a periodic grid, as its Fourier transform (which is real), with the conventions of
 * Kymatio: the spatial filter
 *
 * <pre>psi(u) = slant / (2 pi sigma^2) exp(-(a^2 + slant^2 b^2) / (2 sigma^2)) (exp(i xi a) - beta)</pre>
 *
 * where a and b are the components of u along the wave vector and across it, sigma = 0.8 * 2^scale, xi = 3 pi / 4 /
 * 2^scale, and beta makes the mean vanish (Bruna and Mallat, "Invariant Scattering Convolution Networks", 2013).
 *
 * <p>Filtering is followed by subsampling in space, which is folding in frequency. {@link #apply} does both at once,
 * and only where the filter is not negligible: for coarse wavelets a small part of the plane. Immutable.
 */
final class MorletFilter {
    static final double SIGMA = 0.8;
    static final double XI = 3 * Math.PI / 4;

    /** Values below this are dropped; the greatest are just below 1, so float cannot resolve smaller ones. */
    private static final double NEGLIGIBLE = 1e-7;
    /** {@code exp} of a smaller value does not change a float sum. */
    private static final double LEAST_EXPONENT = -40;

    /** A run of values in a row of the spectrum, {@code [width][height]}, and its place in the folded spectrum. */
    private record Run(int row, int start, int toRow, int toStart, float[] values) {}

    private final Run[] runs;
    private final int foldedHeight;
    private final int foldedWidth;

    private MorletFilter(List<Run> runs, int foldedHeight, int foldedWidth) {
        this.runs = runs.toArray(new Run[0]);
        this.foldedHeight = foldedHeight;
        this.foldedWidth = foldedWidth;
    }

    /**
     * Creates the filter for one grid.
     *
     * @param height rows of the grid
     * @param width columns of the grid
     * @param scale 0 for the finest wavelet of this grid
     * @param angle direction of the wave vector: 0 along a row, pi / 2 down a column
     * @param slant ratio of the envelope's extent along the wave vector to its extent across it
     * @param subsampling the step at which the result is sampled; divides height and width
     */
    static MorletFilter create(int height, int width, int scale, double angle, double slant, int subsampling) {
        double[][] response = response(height, width, scale, angle, slant);
        int foldedHeight = height / subsampling;
        int foldedWidth = width / subsampling;
        // the inverse transform that follows is not normalised
        double norm = 1.0 / ((double) height * width);
        List<Run> runs = new ArrayList<>();
        for (int row = 0; row < width; row++) {
            for (int block = 0; block < height; block += foldedHeight) {
                int start = block;
                int end = block + foldedHeight;
                while (start < end && Math.abs(response[row][start]) < NEGLIGIBLE) {
                    start++;
                }
                while (end > start && Math.abs(response[row][end - 1]) < NEGLIGIBLE) {
                    end--;
                }
                if (start < end) {
                    float[] values = new float[end - start];
                    for (int k = 0; k < values.length; k++) {
                        values[k] = (float) (response[row][start + k] * norm);
                    }
                    runs.add(new Run(row, start, row % foldedWidth, start - block, values));
                }
            }
        }
        return new MorletFilter(runs, foldedHeight, foldedWidth);
    }

    /** The Fourier transform, {@code [width][height]}, of the filter sampled on the grid and made periodic. */
    static double[][] response(int height, int width, int scale, double angle, double slant) {
        double cos = StrictMath.cos(angle);
        double sin = StrictMath.sin(angle);
        double sigma = SIGMA * (1 << scale);
        double xi = XI / (1 << scale);
        double along = sigma * sigma / 2;
        double across = along / (slant * slant);
        double beta = envelope(-xi * cos, -xi * sin, cos, sin, along, across) / envelope(0, 0, cos, sin, along, across);
        double[][] response = new double[width][height];
        for (int kx = 0; kx < width; kx++) {
            double x = frequency(kx, width);
            for (int ky = 0; ky < height; ky++) {
                double y = frequency(ky, height);
                response[kx][ky] = envelope(x - xi * cos, y - xi * sin, cos, sin, along, across)
                        - beta * envelope(x, y, cos, sin, along, across);
            }
        }
        return response;
    }

    private static double frequency(int index, int length) {
        return 2 * Math.PI * (2 * index < length ? index : index - length) / length;
    }

    /** Transform of the sampled envelope: the continuous transform, summed over the aliased frequencies. */
    private static double envelope(double x, double y, double cos, double sin, double along, double across) {
        double sum = 0;
        for (int aliasX = -2; aliasX <= 2; aliasX++) {
            double fx = x + 2 * Math.PI * aliasX;
            for (int aliasY = -2; aliasY <= 2; aliasY++) {
                double fy = y + 2 * Math.PI * aliasY;
                double a = fx * cos + fy * sin;
                double b = fy * cos - fx * sin;
                double exponent = -(along * a * a + across * b * b);
                if (exponent > LEAST_EXPONENT) {
                    sum += StrictMath.exp(exponent);
                }
            }
        }
        return sum;
    }

    /**
     * Filters a spectrum and folds the result.
     *
     * @param spectrum {@code [width][height]}
     * @param folded receives the result in one place of its batch, {@code [width / subsampling][batch][height /
     *     subsampling]}; an inverse transform turns it into the filtered and subsampled image, including the scale
     *     factor
     * @param place the place in the batch
     */
    void apply(Planes spectrum, Planes folded, int place) {
        int offset = place * foldedHeight;
        for (int row = 0; row < foldedWidth; row++) {
            Arrays.fill(folded.re()[row], offset, offset + foldedHeight, 0);
            Arrays.fill(folded.im()[row], offset, offset + foldedHeight, 0);
        }
        for (Run run : runs) {
            multiplyAdd(spectrum.re()[run.row], run.start, run.values, folded.re()[run.toRow], offset + run.toStart);
            multiplyAdd(spectrum.im()[run.row], run.start, run.values, folded.im()[run.toRow], offset + run.toStart);
        }
    }

    /**
     * Writes the complete filter, including the scale factor.
     *
     * @param plane receives it, {@code [width][height]}, initially zero
     * @param offset index of its first value
     * @param height rows of the grid
     */
    void writeTo(float[] plane, int offset, int height) {
        for (Run run : runs) {
            System.arraycopy(run.values, 0, plane, offset + run.row * height + run.start, run.values.length);
        }
    }

    private static void multiplyAdd(float[] x, int from, float[] values, float[] y, int to) {
        for (int k = 0; k < values.length; k++) {
            y[to + k] += x[from + k] * values[k];
        }
    }
}
