package org.rlr.tensor.cpu;

import java.util.Arrays;
import org.rlr.tensor.backend.ConvGeometry;
import org.rlr.tensor.backend.Parallel;
import org.rlr.tensor.backend.View;

/** Average and maximum over windows. An image row is one run of {@code width·channels} values. */
final class Pooling {
    private final ElementwiseKernels elementwise;
    private final ConvolutionKernels kernels;
    private final Parallel parallel;

    Pooling(ElementwiseKernels elementwise, ConvolutionKernels kernels, Parallel parallel) {
        this.elementwise = elementwise;
        this.kernels = kernels;
        this.parallel = parallel;
    }

    /**
     * See {@link org.rlr.tensor.backend.Backend#averagePool}: first sums rows, then sums shifted copies along the row.
     */
    void average(View x, int kernel, View y, boolean accumulate) {
        int height = x.shape().dim(1);
        int channels = x.shape().dim(3);
        int row = x.shape().dim(2) * channels;
        int half = kernel / 2;
        float[] xs = CpuStorage.array(x);
        float[] ys = CpuStorage.array(y);
        parallel.forRange(x.shape().dim(0) * height, 1, (from, to) -> {
            float[] vertical = Scratch.get(Scratch.ROW_SUMS, row);
            float[] window = Scratch.get(Scratch.WINDOW_SUMS, row);
            for (int r = from; r < to; r++) {
                int first = Math.max(-half, -(r % height));
                int last = Math.min(half, height - 1 - r % height);
                System.arraycopy(xs, x.offset() + (r + first) * row, vertical, 0, row);
                for (int d = first + 1; d <= last; d++) {
                    elementwise.copy(xs, x.offset() + (r + d) * row, vertical, 0, row, true);
                }
                System.arraycopy(vertical, 0, window, 0, row);
                for (int shift = channels; shift <= half * channels && shift < row; shift += channels) {
                    elementwise.copy(vertical, 0, window, shift, row - shift, true);
                    elementwise.copy(vertical, shift, window, 0, row - shift, true);
                }
                elementwise.affine(window, 0, 1f / (kernel * kernel), 0f, ys, y.offset() + r * row, row, accumulate);
            }
        });
    }

    /** See {@link org.rlr.tensor.backend.Backend#maxPool}. */
    void max(View x, ConvGeometry geometry, View y) {
        ConvShape s = ConvShape.of(x.shape(), y.shape(), geometry, 1);
        float[] xs = CpuStorage.array(x);
        float[] ys = CpuStorage.array(y);
        int row = s.outWidth() * s.channels();
        parallel.forRange(s.outRows(), 1, (from, to) -> {
            for (int r = from; r < to; r++) {
                maxRow(
                        s,
                        xs,
                        x.offset() + r / s.outHeight() * s.height() * s.width() * s.channels(),
                        r % s.outHeight(),
                        ys,
                        y.offset() + r * row);
            }
        });
    }

    private void maxRow(ConvShape s, float[] x, int image, int outY, float[] y, int yRow) {
        Arrays.fill(y, yRow, yRow + s.outWidth() * s.channels(), Float.NEGATIVE_INFINITY);
        int endRow = s.endKernelRow(outY);
        for (int ky = s.firstKernelRow(outY); ky < endRow; ky++) {
            int in = image + (outY * s.stride() - s.top() + ky) * s.width() * s.channels();
            for (int ox = 0; ox < s.outWidth(); ox++) {
                int endColumn = s.endKernelColumn(ox);
                for (int kx = s.firstKernelColumn(ox); kx < endColumn; kx++) {
                    kernels.maximum(
                            x,
                            in + (ox * s.stride() - s.left() + kx) * s.channels(),
                            y,
                            yRow + ox * s.channels(),
                            s.channels());
                }
            }
        }
    }
}
