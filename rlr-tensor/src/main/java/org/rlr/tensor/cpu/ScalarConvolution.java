package org.rlr.tensor.cpu;

/** Plain loops over the channels of one position. */
final class ScalarConvolution implements ConvolutionKernels {
    @Override
    public void depthwiseRow(
            ConvShape shape,
            float[] x,
            int xImage,
            int outY,
            float[] taps,
            float low,
            float high,
            float[] y,
            int yRow) {
        int channels = shape.channels();
        int bias = shape.kernel() * shape.kernel() * channels;
        int firstRow = shape.firstKernelRow(outY);
        int endRow = shape.endKernelRow(outY);
        for (int ox = 0; ox < shape.outWidth(); ox++) {
            int out = yRow + ox * channels;
            System.arraycopy(taps, bias, y, out, channels);
            int endColumn = shape.endKernelColumn(ox);
            for (int ky = firstRow; ky < endRow; ky++) {
                int iy = outY * shape.stride() - shape.top() + ky;
                for (int kx = shape.firstKernelColumn(ox); kx < endColumn; kx++) {
                    int ix = ox * shape.stride() - shape.left() + kx;
                    multiplyAdd(
                            x,
                            xImage + (iy * shape.width() + ix) * channels,
                            taps,
                            (ky * shape.kernel() + kx) * channels,
                            y,
                            out,
                            channels);
                }
            }
        }
        if (low > Float.NEGATIVE_INFINITY || high < Float.POSITIVE_INFINITY) {
            int end = yRow + shape.outWidth() * channels;
            for (int i = yRow; i < end; i++) {
                y[i] = Math.min(Math.max(y[i], low), high);
            }
        }
    }

    private static void multiplyAdd(float[] a, int aOffset, float[] b, int bOffset, float[] y, int yOffset, int n) {
        for (int i = 0; i < n; i++) {
            y[yOffset + i] += a[aOffset + i] * b[bOffset + i];
        }
    }

    @Override
    public void maximum(float[] x, int xOffset, float[] y, int yOffset, int n) {
        for (int i = 0; i < n; i++) {
            y[yOffset + i] = Math.max(y[yOffset + i], x[xOffset + i]);
        }
    }
}
