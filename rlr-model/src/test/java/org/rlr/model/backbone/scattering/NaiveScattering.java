package org.rlr.model.backbone.scattering;

/**
 * Scattering by its definition, in double precision: circular convolution as a sum over all pixels of the padded image,
 * with filters evaluated in space. It shares with the product only the padded size, the order of the channels and the
 * constants.
 */
final class NaiveScattering {
    private final PaddedGrid grid;
    private final int orientations;

    NaiveScattering(PaddedGrid grid, int orientations) {
        this.grid = grid;
        this.orientations = orientations;
    }

    /** A Morlet wavelet on a periodic grid: real and imaginary part, {@code [2][height][width]}. */
    static double[][][] morlet(int height, int width, int scale, double angle, double slant) {
        double sigma = 0.8 * Math.pow(2, scale);
        double xi = 0.75 * Math.PI / Math.pow(2, scale);
        double[][][] wave = new double[2][height][width];
        double[][] envelope = new double[height][width];
        double[] sums = new double[3];
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                for (int py = -3; py <= 3; py++) {
                    for (int px = -3; px <= 3; px++) {
                        double ux = x + px * width;
                        double uy = y + py * height;
                        double a = ux * Math.cos(angle) + uy * Math.sin(angle);
                        double b = uy * Math.cos(angle) - ux * Math.sin(angle);
                        double g = slant
                                / (2 * Math.PI * sigma * sigma)
                                * Math.exp(-(a * a + slant * slant * b * b) / (2 * sigma * sigma));
                        envelope[y][x] += g;
                        wave[0][y][x] += g * Math.cos(xi * a);
                        wave[1][y][x] += g * Math.sin(xi * a);
                    }
                }
                sums[0] += envelope[y][x];
                sums[1] += wave[0][y][x];
                sums[2] += wave[1][y][x];
            }
        }
        for (int part = 0; part < 2; part++) {
            for (int y = 0; y < height; y++) {
                for (int x = 0; x < width; x++) {
                    wave[part][y][x] -= envelope[y][x] * sums[1 + part] / sums[0];
                }
            }
        }
        return wave;
    }

    /** {@code |x * psi|} at every {@code 2^scale}-th sample, psi at that scale of x's own grid. */
    private double[][] modulus(double[][] x, int scale, int orientation) {
        int height = x.length;
        int width = x[0].length;
        int step = 1 << scale;
        double[][][] psi = morlet(height, width, scale, Math.PI * orientation / orientations, 4.0 / orientations);
        double[][] result = new double[height / step][width / step];
        for (int r = 0; r < height; r += step) {
            for (int c = 0; c < width; c += step) {
                double re = 0;
                double im = 0;
                for (int i = 0; i < height; i++) {
                    for (int j = 0; j < width; j++) {
                        int dr = Math.floorMod(r - i, height);
                        int dc = Math.floorMod(c - j, width);
                        re += x[i][j] * psi[0][dr][dc];
                        im += x[i][j] * psi[1][dr][dc];
                    }
                }
                result[r / step][c / step] = Math.hypot(re, im);
            }
        }
        return result;
    }

    /** Gaussian mean around the centre of each cell, over samples within four standard deviations on both axes. */
    private void lowPass(
            double[][] x, int resolution, ScatteringChannels channels, int channel, double factor, double[] out) {
        int cell = 1 << channels.scales();
        double sigma = 0.8 * cell / 2;
        int cellsAcross = grid.width() / cell;
        for (int oy = 0; oy < grid.height() / cell; oy++) {
            for (int ox = 0; ox < cellsAcross; ox++) {
                double sum = 0;
                double weights = 0;
                for (int i = 0; i < x.length; i++) {
                    double dy = (i << resolution) - (grid.top() + oy * cell + (cell - 1) / 2.0);
                    for (int j = 0; j < x[0].length; j++) {
                        double dx = (j << resolution) - (grid.left() + ox * cell + (cell - 1) / 2.0);
                        if (Math.abs(dx) <= 4 * sigma && Math.abs(dy) <= 4 * sigma) {
                            double w = Math.exp(-(dx * dx + dy * dy) / (2 * sigma * sigma));
                            sum += w * x[i][j];
                            weights += w;
                        }
                    }
                }
                out[(oy * cellsAcross + ox) * channels.count() + channel] += factor * sum / weights;
            }
        }
    }

    /** All coefficients of one level before the logarithm. */
    double[] transform(float[] rgb, int scales, int maxOrder) {
        ScatteringChannels channels = new ScatteringChannels(scales, orientations, maxOrder);
        double[] out = new double[(grid.height() >> scales) * (grid.width() >> scales) * channels.count()];
        for (int colour = 0; colour < 3; colour++) {
            double[][] x = padded(rgb, colour);
            lowPass(x, 0, channels, channels.order0(colour), 1, out);
            for (int j1 = colour == 0 ? 0 : 1; j1 < scales && maxOrder > 0; j1++) {
                for (int o1 = 0; o1 < orientations; o1++) {
                    double[][] u1 = modulus(x, j1, o1);
                    lowPass(u1, j1, channels, channels.order1(colour, j1) + o1, 1, out);
                    for (int j2 = j1 + 1; j2 < scales && colour == 0 && maxOrder > 1; j2++) {
                        for (int o2 = 0; o2 < orientations; o2++) {
                            double[][] u2 = modulus(u1, j2 - j1, o2);
                            for (int bin = 0; bin < 3; bin++) {
                                double weight = weight(o2 - o1, bin);
                                lowPass(u2, j2, channels, channels.order2(j1, o1, j2) + bin, weight, out);
                            }
                        }
                    }
                }
            }
        }
        return out;
    }

    /**
     * The weight of an orientation in the mean of a bin around 0, 45 or 90 degrees: a triangle with 45 degrees on each
     * side.
     */
    private double weight(int difference, int bin) {
        double sum = 0;
        double result = 0;
        for (int d = 0; d < orientations; d++) {
            double degrees = 180.0 * d / orientations;
            double triangle = Math.max(0, 1 - Math.abs(Math.min(degrees, 180 - degrees) - 45 * bin) / 45);
            sum += triangle;
            if (d == Math.floorMod(difference, orientations)) {
                result = triangle;
            }
        }
        return result / sum;
    }

    private double[][] padded(float[] rgb, int colour) {
        double[][] x = new double[grid.paddedHeight()][grid.paddedWidth()];
        for (int r = 0; r < x.length; r++) {
            for (int c = 0; c < x[0].length; c++) {
                int at = 3
                        * (reflect(r - grid.top(), grid.height()) * grid.width()
                                + reflect(c - grid.left(), grid.width()));
                double red = rgb[at];
                double green = rgb[at + 1];
                double blue = rgb[at + 2];
                x[r][c] = switch (colour) {
                    case 0 -> (red + green + blue) / 3;
                    case 1 -> (red - blue) / 2;
                    default -> (red + blue) / 4 - green / 2;
                };
            }
        }
        return x;
    }

    private static int reflect(int index, int size) {
        int i = index;
        while (i < 0 || i >= size) {
            i = i < 0 ? -i : 2 * (size - 1) - i;
        }
        return i;
    }
}
