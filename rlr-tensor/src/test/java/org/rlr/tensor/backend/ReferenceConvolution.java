package org.rlr.tensor.backend;

import java.util.Arrays;

/** Convolution and pooling in double by definition: one loop per index. Images {@code [N, H, W, C]}. */
final class ReferenceConvolution {
    final ConvGeometry geometry;
    final int images;
    final int height;
    final int width;
    final int channels;
    final int outHeight;
    final int outWidth;
    final int outChannels;

    ReferenceConvolution(ConvGeometry geometry, int images, int height, int width, int channels, int outChannels) {
        this.geometry = geometry;
        this.images = images;
        this.height = height;
        this.width = width;
        this.channels = channels;
        this.outHeight = geometry.out(height);
        this.outWidth = geometry.out(width);
        this.outChannels = outChannels;
    }

    int inputs() {
        return images * height * width * channels;
    }

    int outputs() {
        return images * outHeight * outWidth * outChannels;
    }

    int weights() {
        return outChannels * geometry.kernel() * geometry.kernel() * (channels / geometry.groups());
    }

    double[] forward(double[] x, double[] w, double[] bias) {
        double[] y = new double[outputs()];
        walk((in, weight, out) -> y[out] += x[in] * w[weight]);
        for (int i = 0; bias != null && i < y.length; i++) {
            y[i] += bias[i % outChannels];
        }
        return y;
    }

    /** The gradient of {@code Σ dy·y} with respect to x. */
    double[] inputGradient(double[] dy, double[] w) {
        double[] dx = new double[inputs()];
        walk((in, weight, out) -> dx[in] += dy[out] * w[weight]);
        return dx;
    }

    /** The gradient of {@code Σ dy·y} with respect to w. */
    double[] weightGradient(double[] x, double[] dy) {
        double[] dw = new double[weights()];
        walk((in, weight, out) -> dw[weight] += dy[out] * x[in]);
        return dw;
    }

    /** Average including the zero padding; kernel size of the geometry, stride 1. */
    double[] average(double[] x) {
        double[] y = new double[outputs()];
        double area = geometry.kernel() * geometry.kernel();
        windows((in, out) -> y[out] += x[in] / area);
        return y;
    }

    double[] maximum(double[] x) {
        double[] y = new double[outputs()];
        Arrays.fill(y, Double.NEGATIVE_INFINITY);
        windows((in, out) -> y[out] = Math.max(y[out], x[in]));
        return y;
    }

    private interface Product {
        void visit(int input, int weight, int output);
    }

    private interface Window {
        void visit(int input, int output);
    }

    private void walk(Product visitor) {
        int k = geometry.kernel();
        int inGroup = channels / geometry.groups();
        int outGroup = outChannels / geometry.groups();
        positions((image, oy, ox, ky, kx, iy, ix) -> {
            for (int o = 0; o < outChannels; o++) {
                for (int c = 0; c < inGroup; c++) {
                    visitor.visit(
                            ((image * height + iy) * width + ix) * channels + o / outGroup * inGroup + c,
                            ((o * k + ky) * k + kx) * inGroup + c,
                            ((image * outHeight + oy) * outWidth + ox) * outChannels + o);
                }
            }
        });
    }

    private void windows(Window visitor) {
        positions((image, oy, ox, ky, kx, iy, ix) -> {
            for (int c = 0; c < channels; c++) {
                visitor.visit(
                        ((image * height + iy) * width + ix) * channels + c,
                        ((image * outHeight + oy) * outWidth + ox) * channels + c);
            }
        });
    }

    private interface Position {
        void visit(int image, int oy, int ox, int ky, int kx, int iy, int ix);
    }

    private void positions(Position visitor) {
        for (int image = 0; image < images; image++) {
            for (int oy = 0; oy < outHeight; oy++) {
                for (int ox = 0; ox < outWidth; ox++) {
                    for (int ky = 0; ky < geometry.kernel(); ky++) {
                        for (int kx = 0; kx < geometry.kernel(); kx++) {
                            int iy = oy * geometry.stride() + ky - before(height, outHeight);
                            int ix = ox * geometry.stride() + kx - before(width, outWidth);
                            if (iy >= 0 && iy < height && ix >= 0 && ix < width) {
                                visitor.visit(image, oy, ox, ky, kx, iy, ix);
                            }
                        }
                    }
                }
            }
        }
    }

    /** TensorFlow's rule: the total padding, with the smaller half before. */
    private int before(int in, int out) {
        return geometry.same()
                ? Math.max(0, (out - 1) * geometry.stride() + geometry.kernel() - in) / 2
                : geometry.padBefore();
    }
}
