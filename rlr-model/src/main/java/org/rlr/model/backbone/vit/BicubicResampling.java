package org.rlr.model.backbone.vit;

/**
 * Resampling of a grid of vectors as PyTorch's {@code interpolate(mode="bicubic", antialias=True)}: Keys' cubic with a
 * = −½, stretched by the scale factor when shrinking, cut off at the border and normalised to sum 1; first along one
 * axis, then the other, in double precision.
 */
final class BicubicResampling {
    private static final double A = -0.5;
    private static final int REACH = 2;

    private BicubicResampling() {}

    /**
     * Resamples a grid.
     *
     * @param grid {@code [height, width, channels]}
     * @return {@code [newHeight, newWidth, channels]}
     */
    static float[] resample(float[] grid, int height, int width, int channels, int newHeight, int newWidth) {
        double[] values = new double[grid.length];
        for (int i = 0; i < grid.length; i++) {
            values[i] = grid[i];
        }
        double[] wider = alongMiddle(values, height, width, channels, newWidth);
        double[] resized = alongMiddle(wider, 1, height, newWidth * channels, newHeight);
        float[] result = new float[resized.length];
        for (int i = 0; i < result.length; i++) {
            result[i] = (float) resized[i];
        }
        return result;
    }

    /** {@code [outer, n, inner]} to {@code [outer, m, inner]}. */
    private static double[] alongMiddle(double[] x, int outer, int n, int inner, int m) {
        double[] y = new double[outer * m * inner];
        double scale = (double) n / m;
        double stretch = Math.max(1, scale);
        for (int i = 0; i < m; i++) {
            double centre = scale * (i + 0.5);
            int first = Math.max(0, (int) (centre - REACH * stretch + 0.5));
            int end = Math.min(n, (int) (centre + REACH * stretch + 0.5));
            double sum = 0;
            for (int j = first; j < end; j++) {
                sum += cubic((j + 0.5 - centre) / stretch);
            }
            for (int j = first; j < end; j++) {
                double weight = cubic((j + 0.5 - centre) / stretch) / sum;
                for (int o = 0; o < outer; o++) {
                    int from = (o * n + j) * inner;
                    int to = (o * m + i) * inner;
                    for (int c = 0; c < inner; c++) {
                        y[to + c] += weight * x[from + c];
                    }
                }
            }
        }
        return y;
    }

    private static double cubic(double distance) {
        double t = Math.abs(distance);
        if (t >= REACH) {
            return 0;
        }
        return t < 1 ? ((A + 2) * t - (A + 3)) * t * t + 1 : ((A * t - 5 * A) * t + 8 * A) * t - 4 * A;
    }
}
