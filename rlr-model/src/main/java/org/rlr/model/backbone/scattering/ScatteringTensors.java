package org.rlr.model.backbone.scattering;

import java.util.ArrayList;
import java.util.List;
import java.util.function.IntUnaryOperator;
import org.rlr.tensor.Shape;
import org.rlr.tensor.Tensor;
import org.rlr.tensor.autograd.Functions;
import org.rlr.tensor.autograd.FusedFunctions;
import org.rlr.tensor.backend.Activation;
import org.rlr.tensor.backend.UnaryOp;

/**
 * The coefficients of {@link Scattering} computed with tensor operations, so that they can be recorded: Fourier
 * transforms are matrix products. Slower than {@link ScatteringPass} and equal to it up to rounding.
 *
 * <p>Images are {@code [N, planes, height, width]}. Spectra are {@code [N, planes, width, 2·height]}: per column first
 * the real, then the imaginary parts.
 */
final class ScatteringTensors {
    private final PaddedGrid grid;
    private final ScatteringChannels[] levels;
    private final MorletFilter[][][] filters;
    private final LowPass[][] lowPasses;
    private final int orientations;

    ScatteringTensors(PaddedGrid grid, ScatteringChannels[] levels, MorletFilter[][][] filters, LowPass[][] lowPasses) {
        this.grid = grid;
        this.levels = levels;
        this.filters = filters;
        this.lowPasses = lowPasses;
        this.orientations = levels[0].orientations();
    }

    /**
     * Computes all coefficients.
     *
     * @param rgb {@code [N, height, width, 3]}
     * @return per level {@code [N, outputHeight, outputWidth, channels]}
     */
    List<Tensor> run(Tensor rgb) {
        float third = 1f / 3;
        Tensor mix = Tensor.of(new float[] {third, third, third, 0.5f, 0, -0.5f, 0.25f, -0.5f, 0.25f}, 3, 3);
        Tensor colours = FusedFunctions.linear(rgb, mix, null, Activation.NONE).permute(0, 3, 1, 2);
        List<List<Tensor>> order0 = lists();
        List<List<Tensor>> luminance = lists();
        List<List<Tensor>> differences = lists();
        List<List<Tensor>> order2 = lists();
        for (int level = 0; level < levels.length; level++) {
            order0.get(level).add(lowPass(colours, level, 0, grid::sourceRow, grid::sourceColumn));
        }
        Tensor spectra = filters.length == 0
                ? colours
                : spectrum(colours, grid.paddedHeight(), grid.paddedWidth(), grid::sourceRow, grid::sourceColumn);
        List<Tensor> moduli = new ArrayList<>();
        for (int scale = 0; scale < filters.length; scale++) {
            int planes = scale == 0 ? 1 : ScatteringChannels.COLOURS;
            Tensor filtered = moduli(Functions.slice(spectra, 1, 0, planes), scale, 0);
            for (int level = 0; level < levels.length; level++) {
                if (scale < levels[level].scales()) {
                    Tensor all = lowPass(filtered, level, scale, i -> i, i -> i);
                    luminance.get(level).add(all.slice(3, 0, orientations));
                    if (planes > 1) {
                        differences.get(level).add(all.slice(3, orientations, (planes - 1) * orientations));
                    }
                }
            }
            moduli.add(Functions.slice(filtered, 1, 0, orientations));
        }
        for (int second = 1; levels[0].maxOrder() == 2 && second < filters.length; second++) {
            for (int first = 0; first < second; first++) {
                Tensor once = moduli.get(first);
                Tensor twice = moduli(spectrum(once, once.dim(2), once.dim(3), i -> i, i -> i), second, first);
                for (int level = 0; level < levels.length; level++) {
                    if (second < levels[level].scales()) {
                        Tensor pairs = lowPass(twice, level, second, i -> i, i -> i);
                        order2.get(level).add(FusedFunctions.linear(pairs, bins(), null, Activation.NONE));
                    }
                }
            }
        }
        List<Tensor> features = new ArrayList<>();
        for (int level = 0; level < levels.length; level++) {
            List<Tensor> rest = new ArrayList<>(luminance.get(level));
            // both differences are computed scale by scale, but stored difference by difference
            for (int colour = 0; colour < ScatteringChannels.COLOURS - 1; colour++) {
                for (Tensor both : differences.get(level)) {
                    rest.add(both.slice(3, colour * orientations, orientations));
                }
            }
            rest.addAll(order2.get(level));
            Tensor base = order0.get(level).get(0);
            features.add(
                    rest.isEmpty()
                            ? base
                            : Functions.concat(
                                    List.of(
                                            base,
                                            Functions.concat(rest, 3)
                                                    .affine(1, Scattering.FLOOR)
                                                    .apply(UnaryOp.LOG)),
                                    3));
        }
        return features;
    }

    private List<List<Tensor>> lists() {
        List<List<Tensor>> lists = new ArrayList<>();
        for (int i = 0; i < levels.length; i++) {
            lists.add(new ArrayList<>());
        }
        return lists;
    }

    /**
     * Means of cells, {@code [N, planes, h, w]} to {@code [N, outputHeight, outputWidth, planes]}.
     *
     * @param rows maps a row of the padded grid to a row of the images
     */
    private Tensor lowPass(Tensor images, int level, int resolution, IntUnaryOperator rows, IntUnaryOperator columns) {
        LowPass filter = lowPasses[level][resolution];
        Tensor across = images.matmul(gathered(filter.across(), images.dim(3), columns));
        return across.permute(0, 1, 3, 2)
                .matmul(gathered(filter.down(), images.dim(2), rows))
                .permute(0, 3, 2, 1);
    }

    /** {@code [padded][outputs]} to {@code [length, outputs]}: rows of the same source are summed. */
    private static Tensor gathered(double[][] matrix, int length, IntUnaryOperator source) {
        int outputs = matrix[0].length;
        double[] sums = new double[length * outputs];
        for (int i = 0; i < matrix.length; i++) {
            int row = source.applyAsInt(i) * outputs;
            for (int o = 0; o < outputs; o++) {
                sums[row + o] += matrix[i][o];
            }
        }
        float[] floats = new float[sums.length];
        for (int i = 0; i < floats.length; i++) {
            floats[i] = (float) sums[i];
        }
        return Tensor.of(floats, length, outputs);
    }

    /**
     * The spectra of images without their means: no wavelet sees the means, and they would cost precision.
     *
     * @param height rows of the padded grid; {@code rows} maps each to a row of the images
     */
    private static Tensor spectrum(
            Tensor images, int height, int width, IntUnaryOperator rows, IntUnaryOperator columns) {
        Tensor centred = images.sub(images.mean(2).mean(3));
        int n = images.dim(0);
        int planes = images.dim(1);
        int lines = images.dim(2);
        Tensor alongWidth = centred.matmul(gathered(transform(width, -1, false), images.dim(3), columns));
        Tensor turned = alongWidth
                .reshape(n, planes, lines, 2, width)
                .permute(0, 1, 4, 3, 2)
                .reshape(n, planes, width, 2 * lines);
        IntUnaryOperator both = i -> i < height ? rows.applyAsInt(i) : lines + rows.applyAsInt(i - height);
        return turned.matmul(gathered(transform(height, -1, true), 2 * lines, both));
    }

    /**
     * A Fourier transform of {@code length}, not normalised, as a matrix: {@code [length][2·length]} of real numbers,
     * or {@code [2·length][2·length]} of complex ones, real parts before imaginary ones.
     *
     * @param sign of the exponent
     */
    private static double[][] transform(int length, int sign, boolean complex) {
        double[][] matrix = new double[complex ? 2 * length : length][2 * length];
        for (int k = 0; k < length; k++) {
            for (int i = 0; i < length; i++) {
                double angle = sign * 2 * Math.PI * (int) ((long) k * i % length) / length;
                matrix[i][k] = Math.cos(angle);
                matrix[i][length + k] = Math.sin(angle);
                if (complex) {
                    matrix[length + i][k] = -matrix[i][length + k];
                    matrix[length + i][length + k] = matrix[i][k];
                }
            }
        }
        return matrix;
    }

    /**
     * The moduli of images filtered by the wavelets of a scale, subsampled.
     *
     * @param spectra spectra of images of that resolution, {@code [N, planes, width, 2·height]}
     * @return {@code [N, planes·orientations, h, w]}
     */
    private Tensor moduli(Tensor spectra, int scale, int resolution) {
        int n = spectra.dim(0);
        int planes = spectra.dim(1);
        int width = spectra.dim(2);
        int height = spectra.dim(3) / 2;
        int step = 1 << (scale - resolution);
        int w = width / step;
        int h = height / step;
        float[] bank = new float[orientations * width * height];
        for (int o = 0; o < orientations; o++) {
            filters[scale][resolution][o].writeTo(bank, o * width * height, height);
        }
        Tensor filtered =
                spectra.reshape(n, planes, 1, width, 2, height).mul(Tensor.of(bank, orientations, width, 1, height));
        int all = planes * orientations;
        Tensor folded = step == 1
                ? filtered
                : Functions.sumTo(filtered.reshape(n, all, step, w, 2, step, h), Shape.of(n, all, 1, w, 2, 1, h));
        Tensor alongHeight = folded.reshape(n, all, w, 2 * h)
                .matmul(gathered(transform(h, 1, true), 2 * h, i -> i))
                .reshape(n, all, w, 2, h)
                .permute(0, 1, 4, 3, 2)
                .reshape(n, all, h, 2 * w);
        Tensor complex = alongHeight.matmul(gathered(transform(w, 1, true), 2 * w, i -> i));
        Tensor squares = complex.apply(UnaryOp.SQUARE).reshape(n, all, h, 2, w);
        return squares.sum(3).reshape(n, all, h, w).apply(UnaryOp.SQRT);
    }

    /** Maps pairs of orientations to bins of their angle, {@code [orientations·bins, orientations²]}. */
    private Tensor bins() {
        int count = ScatteringChannels.ANGLE_BINS;
        float[][] weights = levels[0].angleWeights();
        int pairs = orientations * orientations;
        float[] matrix = new float[orientations * count * pairs];
        for (int first = 0; first < orientations; first++) {
            for (int second = 0; second < orientations; second++) {
                for (int bin = 0; bin < count; bin++) {
                    matrix[(first * count + bin) * pairs + first * orientations + second] =
                            weights[Math.floorMod(second - first, orientations)][bin];
                }
            }
        }
        return Tensor.of(matrix, orientations * count, pairs);
    }
}
