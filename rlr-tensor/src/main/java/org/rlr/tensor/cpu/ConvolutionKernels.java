package org.rlr.tensor.cpu;

/** The loops of convolution and pooling, except matrix products and elementwise primitives. */
interface ConvolutionKernels {
    /**
     * One output row of a depthwise convolution: {@code y[ox, c] = clamp(bias[c] + Σ x[iy, ix, c]·tap[ky, kx, c])}.
     *
     * @param shape extents; C is {@link ConvShape#channels()}, groups are ignored
     * @param x input
     * @param xImage index of the image's first value in x
     * @param outY the row
     * @param taps {@code [k·k, C]} filter values, then {@code [C]} biases
     * @param low lower bound of the results; −∞ for none
     * @param high upper bound of the results; +∞ for none
     * @param y output; its row of {@code outWidth·C} values starts at {@code yRow} and is overwritten
     */
    void depthwiseRow(
            ConvShape shape, float[] x, int xImage, int outY, float[] taps, float low, float high, float[] y, int yRow);

    /** {@code y = max(x, y)} on {@code n} values; NaN if either is NaN. */
    void maximum(float[] x, int xOffset, float[] y, int yOffset, int n);
}
