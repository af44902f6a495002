package org.rlr.tensor.cpu;

import java.util.Arrays;
import org.rlr.tensor.backend.BinaryOp;
import org.rlr.tensor.backend.ConvGeometry;
import org.rlr.tensor.backend.Parallel;
import org.rlr.tensor.backend.View;

/**
 * Gradients of convolutions. One task sums each value of a result, in an order that depends only on the shapes, so
 * results are bit-identical for any number of threads.
 */
final class ConvolutionGradients {
    /** Column floats per task. */
    private static final int TASK_COLUMNS = 1 << 17;
    /** Column floats shared by all threads. */
    private static final int SHARED_COLUMNS = 1 << 20;
    /** Minimum number of input rows whose gradient one task sums. */
    private static final int INPUT_ROWS = 8;
    /** Channels per task of a depthwise filter gradient. */
    private static final int CHANNEL_BLOCK = 64;

    private final ElementwiseKernels elementwise;
    private final Gemm gemm;
    private final Parallel parallel;

    ConvolutionGradients(ElementwiseKernels elementwise, Gemm gemm, Parallel parallel) {
        this.elementwise = elementwise;
        this.gemm = gemm;
        this.parallel = parallel;
    }

    /** Computes {@code dx (+)=} the gradient with respect to the input. */
    void input(View dy, View w, ConvGeometry geometry, View dx, boolean accumulate) {
        ConvShape s = ConvShape.of(dx.shape(), dy.shape(), geometry, geometry.groups());
        float[] dys = CpuStorage.array(dy);
        float[] ws = CpuStorage.array(w);
        float[] dxs = CpuStorage.array(dx);
        int outputs = s.outChannels() / s.groups();
        if (s.pointwise()) {
            for (int g = 0; g < s.groups(); g++) {
                gemm.gemm(
                        parallel,
                        false,
                        false,
                        s.outRows() * s.outWidth(),
                        s.taps(),
                        outputs,
                        1f,
                        dys,
                        dy.offset() + g * outputs,
                        s.outChannels(),
                        ws,
                        w.offset() + g * outputs * s.taps(),
                        s.taps(),
                        accumulate,
                        dxs,
                        dx.offset() + g * s.taps(),
                        s.channels());
            }
            return;
        }
        float[] taps = s.depthwise() ? CpuConvolution.taps(s, ws, w.offset(), null, 0) : null;
        int block = Math.max(INPUT_ROWS, 2 * s.kernel());
        int blocks = (s.height() + block - 1) / block;
        int row = s.width() * s.channels();
        parallel.forEach(s.images() * blocks, i -> {
            int image = i / blocks;
            int from = i % blocks * block;
            int to = Math.min(s.height(), from + block);
            if (!accumulate) {
                int start = dx.offset() + (image * s.height() + from) * row;
                Arrays.fill(dxs, start, start + (to - from) * row, 0);
            }
            if (taps != null) {
                depthwiseInput(s, image, from, to, dys, dy.offset(), taps, dxs, dx.offset());
            } else {
                for (int g = 0; g < s.groups(); g++) {
                    denseInput(
                            s,
                            image,
                            from,
                            to,
                            g,
                            dys,
                            dy.offset(),
                            ws,
                            w.offset() + g * outputs * s.taps(),
                            dxs,
                            dx.offset());
                }
            }
        });
    }

    /**
     * Adds one group's gradient of the input rows {@code from … to−1} of an image: computes columns with a matrix
     * product and scatters them.
     */
    private void denseInput(
            ConvShape s,
            int image,
            int from,
            int to,
            int group,
            float[] dy,
            int dyOffset,
            float[] w,
            int wOffset,
            float[] dx,
            int dxOffset) {
        int line = s.kernel() * (s.channels() / s.groups());
        int outputs = s.outChannels() / s.groups();
        int most = Math.max(1, TASK_COLUMNS / Math.max(1, s.outWidth() * s.taps()));
        int end = lastOutRow(s, to) + 1;
        int outY = firstOutRow(s, from);
        while (outY < end) {
            int ky = firstKernelRow(s, outY, from);
            int endKy = endKernelRow(s, outY, to);
            int count = 1;
            while (outY + count < end
                    && count < most
                    && firstKernelRow(s, outY + count, from) == ky
                    && endKernelRow(s, outY + count, to) == endKy) {
                count++;
            }
            if (endKy > ky) {
                int width = (endKy - ky) * line;
                int outRow = image * s.outHeight() + outY;
                float[] cols = Scratch.get(Scratch.COLUMNS, count * s.outWidth() * width);
                gemm.gemm(
                        Parallel.SERIAL,
                        false,
                        false,
                        count * s.outWidth(),
                        width,
                        outputs,
                        1f,
                        dy,
                        dyOffset + outRow * s.outWidth() * s.outChannels() + group * outputs,
                        s.outChannels(),
                        w,
                        wOffset + ky * line,
                        s.taps(),
                        false,
                        cols,
                        0,
                        width);
                for (int r = 0; r < count; r++) {
                    ImageColumns.scatter(
                            s, elementwise, cols, r * s.outWidth() * width, group, outRow + r, ky, endKy, dx, dxOffset);
                }
            }
            outY += count;
        }
    }

    private void depthwiseInput(
            ConvShape s,
            int image,
            int from,
            int to,
            float[] dy,
            int dyOffset,
            float[] taps,
            float[] dx,
            int dxOffset) {
        int channels = s.channels();
        for (int outY = firstOutRow(s, from); outY <= lastOutRow(s, to); outY++) {
            int out = dyOffset + (image * s.outHeight() + outY) * s.outWidth() * channels;
            for (int ky = firstKernelRow(s, outY, from); ky < endKernelRow(s, outY, to); ky++) {
                int in = dxOffset + (image * s.height() + outY * s.stride() - s.top() + ky) * s.width() * channels;
                for (int ox = 0; ox < s.outWidth(); ox++) {
                    int endColumn = s.endKernelColumn(ox);
                    for (int kx = s.firstKernelColumn(ox); kx < endColumn; kx++) {
                        elementwise.binary(
                                BinaryOp.MUL,
                                dy,
                                out + ox * channels,
                                taps,
                                (ky * s.kernel() + kx) * channels,
                                dx,
                                in + (ox * s.stride() - s.left() + kx) * channels,
                                channels,
                                true);
                    }
                }
            }
        }
    }

    /** The first output row that sees input row {@code from}. */
    private static int firstOutRow(ConvShape s, int from) {
        return Math.max(0, -Math.floorDiv(-(from + s.top() - s.kernel() + 1), s.stride()));
    }

    /** The last output row that sees input row {@code to − 1}. */
    private static int lastOutRow(ConvShape s, int to) {
        return Math.min(s.outHeight() - 1, Math.floorDiv(to - 1 + s.top(), s.stride()));
    }

    /** The first kernel row with which an output row covers input rows at or after {@code from}. */
    private static int firstKernelRow(ConvShape s, int outY, int from) {
        return Math.max(0, from + s.top() - outY * s.stride());
    }

    /** One past the last kernel row with which an output row covers input rows before {@code to}. */
    private static int endKernelRow(ConvShape s, int outY, int to) {
        return Math.min(s.kernel(), to + s.top() - outY * s.stride());
    }

    /** Computes {@code dw (+)=} the gradient with respect to the weights. */
    void weights(View x, View dy, ConvGeometry geometry, View dw, boolean accumulate) {
        ConvShape s = ConvShape.of(x.shape(), dy.shape(), geometry, geometry.groups());
        float[] xs = CpuStorage.array(x);
        float[] dys = CpuStorage.array(dy);
        float[] dws = CpuStorage.array(dw);
        if (s.depthwise()) {
            depthwiseWeights(s, xs, x.offset(), dys, dy.offset(), dws, dw.offset(), accumulate);
            return;
        }
        int outputs = s.outChannels() / s.groups();
        for (int g = 0; g < s.groups(); g++) {
            int filter = dw.offset() + g * outputs * s.taps();
            if (s.pointwise()) {
                gemm.gemm(
                        parallel,
                        true,
                        false,
                        outputs,
                        s.taps(),
                        s.outRows() * s.outWidth(),
                        1f,
                        dys,
                        dy.offset() + g * outputs,
                        s.outChannels(),
                        xs,
                        x.offset() + g * s.taps(),
                        s.channels(),
                        accumulate,
                        dws,
                        filter,
                        s.taps());
            } else {
                denseWeights(s, g, xs, x.offset(), dys, dy.offset() + g * outputs, dws, filter, accumulate);
            }
        }
    }

    private void denseWeights(
            ConvShape s,
            int group,
            float[] x,
            int xOffset,
            float[] dy,
            int dyOffset,
            float[] dw,
            int dwOffset,
            boolean accumulate) {
        int outputs = s.outChannels() / s.groups();
        int row = s.outWidth() * s.taps();
        int block = Math.max(1, SHARED_COLUMNS / Math.max(1, row));
        if (s.outRows() == 0 && !accumulate) {
            Arrays.fill(dw, dwOffset, dwOffset + outputs * s.taps(), 0);
        }
        for (int from = 0; from < s.outRows(); from += block) {
            int start = from;
            int count = Math.min(block, s.outRows() - from);
            float[] cols = Scratch.get(Scratch.COLUMNS, count * row);
            parallel.forRange(count, 1, (first, end) -> {
                for (int r = first; r < end; r++) {
                    ImageColumns.gather(s, x, xOffset, group, start + r, cols, r * row);
                }
            });
            gemm.gemm(
                    parallel,
                    true,
                    false,
                    outputs,
                    s.taps(),
                    count * s.outWidth(),
                    1f,
                    dy,
                    dyOffset + from * s.outWidth() * s.outChannels(),
                    s.outChannels(),
                    cols,
                    0,
                    s.taps(),
                    accumulate || from > 0,
                    dw,
                    dwOffset,
                    s.taps());
        }
    }

    /**
     * Uses one task per kernel row and block of channels; each output row is summed separately first to reduce rounding
     * errors.
     */
    private void depthwiseWeights(
            ConvShape s,
            float[] x,
            int xOffset,
            float[] dy,
            int dyOffset,
            float[] dw,
            int dwOffset,
            boolean accumulate) {
        int channelBlocks = (s.channels() + CHANNEL_BLOCK - 1) / CHANNEL_BLOCK;
        int k = s.kernel();
        parallel.forEach(k * channelBlocks, i -> {
            int ky = i / channelBlocks;
            int firstChannel = i % channelBlocks * CHANNEL_BLOCK;
            int n = Math.min(CHANNEL_BLOCK, s.channels() - firstChannel);
            float[] rowSum = new float[k * n];
            float[] total = new float[k * n];
            for (int r = 0; r < s.outRows(); r++) {
                int outY = r % s.outHeight();
                int iy = outY * s.stride() - s.top() + ky;
                if (iy < 0 || iy >= s.height()) {
                    continue;
                }
                Arrays.fill(rowSum, 0);
                int in = xOffset + (r / s.outHeight() * s.height() + iy) * s.width() * s.channels() + firstChannel;
                int out = dyOffset + r * s.outWidth() * s.channels() + firstChannel;
                for (int ox = 0; ox < s.outWidth(); ox++) {
                    int endColumn = s.endKernelColumn(ox);
                    for (int kx = s.firstKernelColumn(ox); kx < endColumn; kx++) {
                        elementwise.binary(
                                BinaryOp.MUL,
                                dy,
                                out + ox * s.channels(),
                                x,
                                in + (ox * s.stride() - s.left() + kx) * s.channels(),
                                rowSum,
                                kx * n,
                                n,
                                true);
                    }
                }
                elementwise.copy(rowSum, 0, total, 0, k * n, true);
            }
            for (int c = 0; c < n; c++) {
                for (int kx = 0; kx < k; kx++) {
                    int at = dwOffset + ((firstChannel + c) * k + ky) * k + kx;
                    dw[at] = accumulate ? dw[at] + total[kx * n + c] : total[kx * n + c];
                }
            }
        });
    }
}
