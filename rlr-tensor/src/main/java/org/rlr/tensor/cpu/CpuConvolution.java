package org.rlr.tensor.cpu;

import org.jspecify.annotations.Nullable;
import org.rlr.tensor.backend.Activation;
import org.rlr.tensor.backend.ConvGeometry;
import org.rlr.tensor.backend.Parallel;
import org.rlr.tensor.backend.View;

/**
 * Convolution and pooling on the CPU, channels-last: 1×1 as one matrix product, depthwise directly, everything else as
 * a matrix product on values gathered from the image. The product gathers them itself if it can; otherwise they are
 * gathered in blocks, so that the columns stay in a cache.
 */
final class CpuConvolution {
    /** Column floats that one task gathers: with its result they fit a core's second-level cache. */
    private static final int TASK_COLUMNS = 1 << 16;
    /** Column floats shared by all threads: they fit the third-level cache. */
    private static final int SHARED_COLUMNS = 1 << 20;
    /** Larger filters are packed once by all threads together instead of by every task. */
    private static final int TASK_FILTER = 1 << 16;

    private final ConvolutionKernels kernels;
    private final ElementwiseKernels elementwise;
    private final Gemm gemm;
    private final Parallel parallel;
    private final ConvolutionGradients gradients;
    private final Pooling pooling;

    CpuConvolution(CpuKernels kernels, Parallel parallel) {
        this.kernels = kernels.convolution();
        this.elementwise = kernels.elementwise();
        this.gemm = kernels.gemm();
        this.parallel = parallel;
        this.gradients = new ConvolutionGradients(elementwise, gemm, parallel);
        this.pooling = new Pooling(elementwise, this.kernels, parallel);
    }

    void forward(View x, View w, @Nullable View bias, ConvGeometry geometry, Activation activation, View y) {
        ConvShape s = ConvShape.of(x.shape(), y.shape(), geometry, geometry.groups());
        boolean packed = w.storage() instanceof PackedWeights;
        if (packed && s.groups() > 1) {
            throw new IllegalArgumentException(
                    "packed weights need a convolution without groups; the geometry is " + geometry);
        }
        float[] xs = CpuStorage.array(x);
        float[] ws = packed ? PackedWeights.array(w) : CpuStorage.array(w);
        int wOffset = packed ? PackedWeights.offset(w) : w.offset();
        float[] bs = bias == null ? null : CpuStorage.array(bias);
        float[] ys = CpuStorage.array(y);
        int biasOffset = bias == null ? 0 : bias.offset();
        if (s.depthwise()) {
            depthwise(s, xs, x.offset(), taps(s, ws, wOffset, bs, biasOffset), activation, ys, y.offset());
            return;
        }
        if (s.pointwise() && packed) {
            gemm.gemmPacked(
                    parallel,
                    s.outRows() * s.outWidth(),
                    s.outChannels(),
                    s.taps(),
                    xs,
                    x.offset(),
                    s.channels(),
                    ws,
                    wOffset,
                    ys,
                    y.offset(),
                    s.outChannels(),
                    bs,
                    biasOffset,
                    activation,
                    null,
                    0);
            return;
        }
        if (!s.pointwise() && s.groups() == 1 && gemm.convolves()) {
            gemm.convolve(parallel, s, xs, x.offset(), ws, wOffset, packed, bs, biasOffset, activation, ys, y.offset());
            return;
        }
        for (int g = 0; g < s.groups(); g++) {
            int filter = wOffset + g * (s.outChannels() / s.groups()) * s.taps();
            int outputs = y.offset() + g * (s.outChannels() / s.groups());
            int groupBias = biasOffset + g * (s.outChannels() / s.groups());
            if (s.pointwise()) {
                product(
                        parallel,
                        s,
                        s.outRows(),
                        xs,
                        x.offset() + g * s.taps(),
                        s.channels(),
                        ws,
                        filter,
                        bs,
                        groupBias,
                        activation,
                        ys,
                        outputs);
            } else {
                dense(s, g, xs, x.offset(), ws, filter, bs, groupBias, activation, ys, outputs);
            }
        }
    }

    /**
     * Computes one group of a convolution in blocks of output rows: many small blocks in parallel, or large blocks with
     * all threads on each.
     */
    private void dense(
            ConvShape s,
            int group,
            float[] x,
            int xOffset,
            float[] w,
            int wOffset,
            float @Nullable [] bias,
            int biasOffset,
            Activation activation,
            float[] y,
            int yOffset) {
        int row = s.outWidth() * s.taps();
        boolean tasks = s.taps() * (s.outChannels() / s.groups()) <= TASK_FILTER;
        int block = Math.max(1, (tasks ? TASK_COLUMNS : SHARED_COLUMNS) / Math.max(1, row));
        if (tasks) {
            block = Math.min(block, (s.outRows() + Parallel.RANGES - 1) / Parallel.RANGES);
        }
        int rows = Math.max(1, block);
        Parallel inner = tasks ? Parallel.SERIAL : parallel;
        Parallel outer = tasks ? parallel : Parallel.SERIAL;
        outer.forEach((s.outRows() + rows - 1) / rows, i -> {
            int from = i * rows;
            int count = Math.min(rows, s.outRows() - from);
            float[] cols = Scratch.get(Scratch.COLUMNS, count * row);
            inner.forEach(count, r -> ImageColumns.gather(s, x, xOffset, group, from + r, cols, r * row));
            product(
                    inner,
                    s,
                    count,
                    cols,
                    0,
                    s.taps(),
                    w,
                    wOffset,
                    bias,
                    biasOffset,
                    activation,
                    y,
                    yOffset + from * s.outWidth() * s.outChannels());
        });
    }

    /** Computes output rows as a product of rows of input values with the filters of one group. */
    private void product(
            Parallel over,
            ConvShape s,
            int rows,
            float[] a,
            int aOffset,
            int lda,
            float[] w,
            int wOffset,
            float @Nullable [] bias,
            int biasOffset,
            Activation activation,
            float[] y,
            int yOffset) {
        gemm.gemm(
                over,
                false,
                true,
                rows * s.outWidth(),
                s.outChannels() / s.groups(),
                s.taps(),
                1f,
                a,
                aOffset,
                lda,
                w,
                wOffset,
                s.taps(),
                false,
                y,
                yOffset,
                s.outChannels(),
                bias,
                biasOffset,
                activation,
                null,
                0);
    }

    private void depthwise(
            ConvShape s, float[] x, int xOffset, float[] taps, Activation activation, float[] y, int yOffset) {
        boolean clamped = activation == Activation.RELU || activation == Activation.RELU6;
        float low = clamped ? 0 : Float.NEGATIVE_INFINITY;
        float high = activation == Activation.RELU6 ? 6 : Float.POSITIVE_INFINITY;
        int image = s.height() * s.width() * s.channels();
        int row = s.outWidth() * s.channels();
        parallel.forRange(s.outRows(), 1, (from, to) -> {
            for (int r = from; r < to; r++) {
                int out = yOffset + r * row;
                kernels.depthwiseRow(
                        s, x, xOffset + r / s.outHeight() * image, r % s.outHeight(), taps, low, high, y, out);
                if (activation != Activation.NONE && !clamped) {
                    elementwise.unary(activation.op(), y, out, y, out, row);
                }
            }
        });
    }

    /**
     * Converts filters {@code [C, k, k]} to {@code [k·k, C]}, the layout of the image, followed by the biases or zeros.
     */
    static float[] taps(ConvShape s, float[] w, int wOffset, float @Nullable [] bias, int biasOffset) {
        int positions = s.kernel() * s.kernel();
        float[] taps = new float[(positions + 1) * s.channels()];
        for (int c = 0; c < s.channels(); c++) {
            for (int p = 0; p < positions; p++) {
                taps[p * s.channels() + c] = w[wOffset + c * positions + p];
            }
        }
        if (bias != null) {
            System.arraycopy(bias, biasOffset, taps, positions * s.channels(), s.channels());
        }
        return taps;
    }

    void backwardInput(View dy, View w, ConvGeometry geometry, View dx, boolean accumulate) {
        gradients.input(dy, w, geometry, dx, accumulate);
    }

    void backwardWeights(View x, View dy, ConvGeometry geometry, View dw, boolean accumulate) {
        gradients.weights(x, dy, geometry, dw, accumulate);
    }

    void averagePool(View x, int kernel, View y, boolean accumulate) {
        pooling.average(x, kernel, y, accumulate);
    }

    void maxPool(View x, ConvGeometry geometry, View y) {
        pooling.max(x, geometry, y);
    }
}
