package org.rlr.model.backbone.scattering;

import java.lang.ref.SoftReference;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ArrayBlockingQueue;
import org.jspecify.annotations.Nullable;
import org.rlr.tensor.Shape;
import org.rlr.tensor.Tensor;

/**
 * A wavelet scattering network: image features without training (Bruna and Mallat, "Invariant Scattering Convolution
 * Networks", 2013), at several strides in one pass.
 *
 * <p>With wavelets psi of J scales and L orientations ({@link MorletFilter}) and a Gaussian phi of 2^J pixels
 * ({@link LowPass}), an image x gives {@code x * phi} (order 0), {@code |x * psi1| * phi} (order 1) and {@code ||x *
 * psi1| * psi2| * phi} (order 2, second scale coarser than the first), sampled at the centres of cells of {@code 2^J x
 * 2^J} pixels.
 *
 * <p>All paths of all colours are some 1250 channels at J = 4, mostly redundant. Only the most informative are computed
 * ({@link ScatteringChannels}), 131 at J = 3 and 227 at J = 4 with L = 8: orders 0 and 1 of luminance {@code (R + G +
 * B) / 3} and of the colour differences {@code (R - B) / 2} and {@code (R + B) / 4 - G / 2}, without the finest scale
 * of the differences, which people and cameras hardly resolve; order 2 of luminance only, averaged over the second
 * orientation within bins of its angle to the first. Orders 1 and 2 are returned as {@code log(c + FLOOR)}, which turns
 * contrast into an offset.
 *
 * <p>Immutable and safe for use by several threads; the result depends neither on the number of threads nor on the
 * platform.
 */
public final class Scattering {
    /**
     * Added to a modulus before its logarithm, for pixels from 0 to 1. It is about the modulus that the rounding of
     * 8-bit pixels causes in a flat area at the coarser scales; structure below it carries no information.
     */
    public static final float FLOOR = 3e-5f;

    /**
     * A suitable floor for the standard deviation of these features, for {@link ChannelStatistics#standardDeviation}: 1
     * % of contrast, 2.5 grey levels.
     */
    public static final float DEVIATION_FLOOR = 0.01f;

    private final PaddedGrid grid;
    private final int orientations;
    private final int maxOrder;
    private final int maxScales;
    private final ScatteringChannels[] levels;
    /** One plan per resolution. */
    private final Fft2[] transforms;
    /**
     * {@code [scale][resolution of the input][orientation]}; present for resolution 0, and for order 2 for all
     * resolutions below the scale.
     */
    private final MorletFilter[][][] filters;
    /** {@code [level][resolution]}. */
    private final LowPass[][] lowPasses;
    /**
     * Idle passes; each owns the memory for one image. They are kept until memory runs low or {@link #trim} is called;
     * there are at most as many as images were computed at the same time.
     */
    private final Queue<SoftReference<ScatteringPass>> idle =
            new ArrayBlockingQueue<>(2 * Runtime.getRuntime().availableProcessors());

    /**
     * Creates a network with one output; see {@link #Scattering(int, int, int[], int, int)}.
     *
     * @param height rows of the images, a multiple of {@code 2^scales}
     * @param width columns of the images, a multiple of {@code 2^scales}
     * @param scales J, 1 to 8
     * @param orientations L, even and at least 4
     * @param maxOrder 0, 1 or 2
     * @throws IllegalArgumentException if an argument is out of range
     */
    public Scattering(int height, int width, int scales, int orientations, int maxOrder) {
        this(height, width, new int[] {scales}, orientations, maxOrder);
    }

    /**
     * Creates a network with one output per entry of {@code scales}; the outputs share the wavelet transforms.
     *
     * @param height rows of the images, a multiple of {@code 2^J} for the greatest J
     * @param width columns of the images, a multiple of {@code 2^J} for the greatest J
     * @param scales J of each output; its stride is {@code 2^J}
     * @param orientations L, even and at least 4; 8 is usual
     * @param maxOrder 0, 1 or 2
     * @throws IllegalArgumentException if an argument is out of range
     */
    public Scattering(int height, int width, int[] scales, int orientations, int maxOrder) {
        this.orientations = orientations;
        this.maxOrder = maxOrder;
        this.maxScales = checkedMaximum(scales);
        int cell = 1 << maxScales;
        if (height < cell || width < cell || height % cell != 0 || width % cell != 0) {
            throw new IllegalArgumentException("images of " + width + "×" + height + " pixels do not fit " + maxScales
                    + " scales; height and width must be multiples of " + cell);
        }
        if (orientations < 4 || orientations % 2 != 0) {
            throw new IllegalArgumentException("orientations is " + orientations + "; it must be even and at least 4");
        }
        if (maxOrder < 0 || maxOrder > 2) {
            throw new IllegalArgumentException("the highest order is " + maxOrder + "; it must be 0, 1 or 2");
        }
        this.grid = PaddedGrid.of(height, width, maxScales);
        this.levels = new ScatteringChannels[scales.length];
        this.lowPasses = new LowPass[scales.length][];
        for (int i = 0; i < scales.length; i++) {
            levels[i] = new ScatteringChannels(scales[i], orientations, maxOrder);
            lowPasses[i] = new LowPass[scales[i]];
            for (int resolution = 0; resolution < scales[i]; resolution++) {
                lowPasses[i][resolution] = new LowPass(grid, resolution, scales[i]);
            }
        }
        this.transforms = new Fft2[maxScales];
        for (int resolution = 0; resolution < maxScales; resolution++) {
            transforms[resolution] = new Fft2(grid.paddedHeight() >> resolution, grid.paddedWidth() >> resolution);
        }
        this.filters = maxOrder == 0 ? new MorletFilter[0][][] : filterBank();
    }

    private static int checkedMaximum(int[] scales) {
        int maximum = 0;
        for (int s : scales) {
            if (s < 1 || s > 8) {
                throw new IllegalArgumentException("scales is " + s + "; it must be between 1 and 8");
            }
            maximum = Math.max(maximum, s);
        }
        if (maximum == 0) {
            throw new IllegalArgumentException("no output is given; at least one is needed");
        }
        return maximum;
    }

    private MorletFilter[][][] filterBank() {
        MorletFilter[][][] bank = new MorletFilter[maxScales][][];
        double slant = 4.0 / orientations;
        for (int scale = 0; scale < maxScales; scale++) {
            bank[scale] = new MorletFilter[maxOrder < 2 ? 1 : Math.max(1, scale)][orientations];
            for (int resolution = 0; resolution < bank[scale].length; resolution++) {
                Fft2 from = transforms[resolution];
                for (int o = 0; o < orientations; o++) {
                    double angle = Math.PI * o / orientations;
                    bank[scale][resolution][o] = MorletFilter.create(
                            from.height(), from.width(), scale - resolution, angle, slant, 1 << (scale - resolution));
                }
            }
        }
        return bank;
    }

    /** {@return number of outputs} */
    public int levels() {
        return levels.length;
    }

    /**
     * Returns the number of channels of an output.
     *
     * @param level the output, from 0
     * @return number of channels
     */
    public int channels(int level) {
        return levels[level].count();
    }

    /**
     * Returns the number of channels of an output without creating the network.
     *
     * @param scales J
     * @param orientations L
     * @param maxOrder 0, 1 or 2
     * @return number of channels
     */
    public static int channels(int scales, int orientations, int maxOrder) {
        return new ScatteringChannels(scales, orientations, maxOrder).count();
    }

    /**
     * Returns the rows of an output: the image's rows divided by {@code 2^J}.
     *
     * @param level the output, from 0
     * @return rows
     */
    public int outputHeight(int level) {
        return grid.height() >> levels[level].scales();
    }

    /**
     * Returns the columns of an output: the image's columns divided by {@code 2^J}.
     *
     * @param level the output, from 0
     * @return columns
     */
    public int outputWidth(int level) {
        return grid.width() >> levels[level].scales();
    }

    /**
     * Computes the features of one image.
     *
     * @param rgb {@code [height][width][3]}, values from 0 to 1
     * @param outs for each output {@code [outputHeight][outputWidth][channels]}, overwritten
     * @throws IllegalArgumentException if an array has another length
     */
    public void transform(float[] rgb, float[]... outs) {
        if (rgb.length != grid.height() * grid.width() * 3) {
            throw new IllegalArgumentException("the image has " + rgb.length + " values instead of " + grid.height()
                    + " x " + grid.width() + " x 3");
        }
        if (outs.length != levels.length) {
            throw new IllegalArgumentException(outs.length + " arrays were given for " + levels.length + " outputs");
        }
        for (int i = 0; i < outs.length; i++) {
            int size = outputHeight(i) * outputWidth(i) * channels(i);
            if (outs[i].length != size) {
                throw new IllegalArgumentException(
                        "output " + i + " has " + outs[i].length + " values instead of " + size);
            }
        }
        ScatteringPass pass = idlePass();
        if (pass == null) {
            pass = new ScatteringPass(grid, levels, transforms, filters, lowPasses);
        }
        pass.run(rgb, outs);
        idle.offer(new SoftReference<>(pass));
        for (int i = 0; i < outs.length; i++) {
            compress(outs[i], channels(i));
        }
    }

    /**
     * Computes the features with tensor operations, which a backend can record. For other uses, {@link #transform} is
     * much faster; results are equal up to rounding.
     *
     * @param rgb {@code [N, height, width, 3]}, values from 0 to 1
     * @return for each output {@code [N, outputHeight, outputWidth, channels]}, in the innermost scope
     * @throws IllegalArgumentException if the images have another size
     */
    public List<Tensor> tensors(Tensor rgb) {
        Shape s = rgb.shape();
        if (s.rank() != 4 || s.dim(1) != grid.height() || s.dim(2) != grid.width() || s.dim(3) != 3) {
            throw new IllegalArgumentException(
                    "images have shape " + s + " instead of [N, " + grid.height() + ", " + grid.width() + ", 3]");
        }
        return new ScatteringTensors(grid, levels, filters, lowPasses).run(rgb);
    }

    /** Releases the memory that is kept for further images. */
    public void trim() {
        idle.clear();
    }

    private @Nullable ScatteringPass idlePass() {
        for (SoftReference<ScatteringPass> next = idle.poll(); next != null; next = idle.poll()) {
            ScatteringPass pass = next.get();
            if (pass != null) {
                return pass;
            }
        }
        return null;
    }

    /** Uses StrictMath, so that all platforms give the same bits. */
    private static void compress(float[] out, int channels) {
        for (int from = 0; from < out.length; from += channels) {
            for (int c = ScatteringChannels.COLOURS; c < channels; c++) {
                out[from + c] = (float) StrictMath.log(out[from + c] + FLOOR);
            }
        }
    }
}
