package org.rlr.model.backbone.scattering;

import java.util.Arrays;

/**
 * The computation of scattering coefficients before compression, with its working memory. Used by one thread at a time.
 * Every value is written before it is read, so no data of an earlier image can affect a later one.
 *
 * <p>All orientations of one scale and resolution are transformed as one batch, side by side; at full resolution two at
 * a time, which fit in the cache.
 */
final class ScatteringPass {
    private final PaddedGrid grid;
    private final ScatteringChannels[] levels;
    private final Fft2[] transforms;
    private final MorletFilter[][][] filters;
    private final LowPass[][] lowPasses;
    private final int orientations;
    private final float[][] angleWeights;

    /** Two per resolution, each large enough for a batch of images and of spectra. */
    private final Planes[] data;

    private final Planes[] scratch;
    private final Planes rows;
    /** Spectra of the image: luminance, colour differences. */
    private final Planes[] image;
    /** Spectra of the moduli of two neighbouring orientations, {@code [resolution][2]}. */
    private final Planes[][] moduli;

    private final float[][][] bins;
    private final float[] room;

    ScatteringPass(
            PaddedGrid grid,
            ScatteringChannels[] levels,
            Fft2[] transforms,
            MorletFilter[][][] filters,
            LowPass[][] lowPasses) {
        this.grid = grid;
        this.levels = levels;
        this.transforms = transforms;
        this.filters = filters;
        this.lowPasses = lowPasses;
        this.orientations = levels[0].orientations();
        this.angleWeights = levels[0].angleWeights();
        int longest = Math.max(grid.paddedHeight(), grid.paddedWidth());
        this.room = new float[longest];
        this.data = new Planes[transforms.length];
        this.scratch = new Planes[transforms.length];
        this.moduli = new Planes[transforms.length][2];
        int widest = 0;
        for (int r = 0; r < transforms.length; r++) {
            int side = longest >> r;
            data[r] = new Planes(side, side * batch(r));
            scratch[r] = new Planes(side, side * batch(r));
            for (int k = 0; hasOrder2(r) && k < 2; k++) {
                moduli[r][k] = new Planes(transforms[r].width(), transforms[r].height());
            }
            widest = Math.max(widest, side * batch(r));
        }
        this.rows = new Planes(Fft.BUTTERFLY_ROWS, widest);
        this.image = new Planes[ScatteringChannels.COLOURS];
        for (int c = 0; c < image.length; c++) {
            image[c] = new Planes(grid.paddedWidth(), grid.paddedHeight());
        }
        this.bins = new float[ScatteringChannels.ANGLE_BINS][longest >> 1][longest >> 1];
    }

    private int batch(int resolution) {
        return resolution == 0 ? 2 : orientations;
    }

    private boolean hasOrder2(int firstScale) {
        return levels[0].maxOrder() == 2 && firstScale < transforms.length - 1;
    }

    /**
     * Computes and writes all coefficients.
     *
     * @param rgb {@code [height][width][3]}
     * @param outs per level {@code [outputHeight][outputWidth][channels]}
     */
    void run(float[] rgb, float[][] outs) {
        luminance(rgb, outs);
        colour(rgb, outs);
        for (int scale = 0; scale < filters.length; scale++) {
            for (int from = 0; from < orientations; from += batch(scale)) {
                Planes filtered = order1(0, scale, from, outs);
                if (hasOrder2(scale)) {
                    order2(filtered, scale, from, outs);
                }
                if (scale > 0) {
                    order1(1, scale, from, outs);
                    order1(2, scale, from, outs);
                }
            }
        }
    }

    private void luminance(float[] rgb, float[][] outs) {
        Planes x = data[0];
        for (int row = 0; row < grid.paddedHeight(); row++) {
            int source = grid.sourceRow(row) * grid.width();
            for (int column = 0; column < grid.paddedWidth(); column++) {
                int at = 3 * (source + grid.sourceColumn(column));
                x.re()[row][column] = (rgb[at] + rgb[at + 1] + rgb[at + 2]) / 3;
                x.im()[row][column] = 0;
            }
        }
        order0(0, x.re(), outs);
        if (filters.length > 0) {
            Planes spectrum = transforms[0].forward(x, scratch[0], rows, 1);
            for (int k = 0; k < grid.paddedWidth(); k++) {
                System.arraycopy(spectrum.re()[k], 0, image[0].re()[k], 0, grid.paddedHeight());
                System.arraycopy(spectrum.im()[k], 0, image[0].im()[k], 0, grid.paddedHeight());
            }
        }
    }

    private void colour(float[] rgb, float[][] outs) {
        Planes x = data[0];
        for (int row = 0; row < grid.paddedHeight(); row++) {
            int source = grid.sourceRow(row) * grid.width();
            for (int column = 0; column < grid.paddedWidth(); column++) {
                int at = 3 * (source + grid.sourceColumn(column));
                // both are exactly 0 where red, green and blue are equal
                x.re()[row][column] = (rgb[at] - rgb[at + 2]) * 0.5f;
                x.im()[row][column] = (rgb[at] + rgb[at + 2]) * 0.25f - rgb[at + 1] * 0.5f;
            }
        }
        order0(1, x.re(), outs);
        order0(2, x.im(), outs);
        if (filters.length > 1) {
            split(transforms[0].forward(x, scratch[0], rows, 1), 0, image[1], image[2]);
        }
    }

    private void order0(int colour, float[][] x, float[][] outs) {
        for (int level = 0; level < levels.length; level++) {
            lowPasses[level][0].apply(x, 0, room, outs[level], levels[level].count(), levels[level].order0(colour));
        }
    }

    /**
     * Computes first-order coefficients of a batch of orientations; returns their moduli as real parts,
     * {@code [height][batch][width]}.
     */
    private Planes order1(int colour, int scale, int from, float[][] outs) {
        Planes filtered = filter(image[colour], scale, 0, from);
        Fft2 transform = transforms[scale];
        for (int row = 0; row < transform.height(); row++) {
            modulus(filtered.re()[row], filtered.im()[row], batch(scale) * transform.width());
        }
        for (int level = 0; level < levels.length; level++) {
            if (scale < levels[level].scales()) {
                int channel = levels[level].order1(colour, scale) + from;
                for (int k = 0; k < batch(scale); k++) {
                    lowPasses[level][scale].apply(
                            filtered.re(),
                            k * transform.width(),
                            room,
                            outs[level],
                            levels[level].count(),
                            channel + k);
                }
            }
        }
        return filtered;
    }

    /**
     * Returns the image of a spectrum at some resolution, filtered at a scale and subsampled by it, for a batch of
     * orientations.
     */
    private Planes filter(Planes spectrum, int scale, int resolution, int from) {
        Planes folded = data[scale];
        for (int k = 0; k < batch(scale); k++) {
            filters[scale][resolution][from + k].apply(spectrum, folded, k);
        }
        return transforms[scale].inverse(folded, scratch[scale], rows, batch(scale));
    }

    private static void modulus(float[] re, float[] im, int length) {
        for (int k = 0; k < length; k++) {
            re[k] = (float) Math.sqrt(re[k] * re[k] + im[k] * im[k]);
        }
    }

    /** All second-order coefficients of a batch of first-order moduli. */
    private void order2(Planes filtered, int first, int from, float[][] outs) {
        Fft2 transform = transforms[first];
        // Two real images are transformed as one complex image. The moduli are in one buffer, the pairs go into the
        // other.
        Planes pairs = filtered.re() == data[first].re() ? scratch[first] : data[first];
        int half = batch(first) / 2;
        int width = transform.width();
        for (int row = 0; row < transform.height(); row++) {
            for (int k = 0; k < half; k++) {
                System.arraycopy(filtered.re()[row], 2 * k * width, pairs.re()[row], k * width, width);
                System.arraycopy(filtered.re()[row], (2 * k + 1) * width, pairs.im()[row], k * width, width);
            }
        }
        Planes spectra = transform.forward(pairs, filtered, rows, half);
        for (int k = 0; k < half; k++) {
            split(spectra, k * transform.height(), moduli[first][0], moduli[first][1]);
            order2OfOne(moduli[first][0], first, from + 2 * k, outs);
            order2OfOne(moduli[first][1], first, from + 2 * k + 1, outs);
        }
    }

    private void order2OfOne(Planes spectrum, int first, int orientation, float[][] outs) {
        for (int second = first + 1; second < transforms.length; second++) {
            Fft2 transform = transforms[second];
            Planes filtered = filter(spectrum, second, first, 0);
            for (int row = 0; row < transform.height(); row++) {
                modulus(filtered.re()[row], filtered.im()[row], orientations * transform.width());
                for (int bin = 0; bin < bins.length; bin++) {
                    gather(filtered.re()[row], orientation, bin, bins[bin][row], transform.width());
                }
            }
            for (int level = 0; level < levels.length; level++) {
                if (second < levels[level].scales()) {
                    int channel = levels[level].order2(first, orientation, second);
                    for (int bin = 0; bin < bins.length; bin++) {
                        lowPasses[level][second].apply(
                                bins[bin], 0, room, outs[level], levels[level].count(), channel + bin);
                    }
                }
            }
        }
    }

    /** Computes an angle bin: the weighted sum over second orientations. */
    private void gather(float[] moduli, int orientation, int bin, float[] sum, int width) {
        Arrays.fill(sum, 0, width, 0);
        for (int o = 0; o < orientations; o++) {
            float weight = angleWeights[Math.floorMod(o - orientation, orientations)][bin];
            if (weight != 0) {
                for (int c = 0; c < width; c++) {
                    sum[c] += weight * moduli[o * width + c];
                }
            }
        }
    }

    /**
     * Splits the spectrum of {@code a + sqrt(-1) b}, a and b real, into those of a and b, using {@code X(-k) =
     * conj(X(k))} for real images.
     *
     * @param offset start of the spectrum in each row
     */
    private static void split(Planes both, int offset, Planes a, Planes b) {
        int width = a.re().length;
        int height = a.re()[0].length;
        for (int kx = 0; kx < width; kx++) {
            int mx = kx == 0 ? 0 : width - kx;
            for (int ky = 0; ky < height; ky++) {
                int my = ky == 0 ? 0 : height - ky;
                float re = both.re()[kx][offset + ky];
                float im = both.im()[kx][offset + ky];
                float mirroredRe = both.re()[mx][offset + my];
                float mirroredIm = both.im()[mx][offset + my];
                a.re()[kx][ky] = (re + mirroredRe) * 0.5f;
                a.im()[kx][ky] = (im - mirroredIm) * 0.5f;
                b.re()[kx][ky] = (im + mirroredIm) * 0.5f;
                b.im()[kx][ky] = (mirroredRe - re) * 0.5f;
            }
        }
    }
}
