package org.rlr.tensor.cpu;

import org.rlr.tensor.Shape;
import org.rlr.tensor.backend.ConvGeometry;

/**
 * All extents of one convolution: input {@code [images, height, width, channels]}, output {@code [images, outHeight,
 * outWidth, outChannels]}.
 */
record ConvShape(
        int images,
        int height,
        int width,
        int channels,
        int outHeight,
        int outWidth,
        int outChannels,
        int kernel,
        int stride,
        int top,
        int left,
        int groups) {

    /** @throws IllegalArgumentException if input, output and geometry do not match */
    static ConvShape of(Shape x, Shape y, ConvGeometry g, int groups) {
        if (x.rank() != 4
                || y.rank() != 4
                || x.dim(0) != y.dim(0)
                || y.dim(1) != g.out(x.dim(1))
                || y.dim(2) != g.out(x.dim(2))
                || x.dim(3) % groups != 0
                || y.dim(3) % groups != 0) {
            throw new IllegalArgumentException("convolution of " + x + " to " + y + " does not match " + g);
        }
        return new ConvShape(
                x.dim(0),
                x.dim(1),
                x.dim(2),
                x.dim(3),
                y.dim(1),
                y.dim(2),
                y.dim(3),
                g.kernel(),
                g.stride(),
                g.before(x.dim(1)),
                g.before(x.dim(2)),
                groups);
    }

    /** Returns whether each channel has one filter and one output channel. */
    boolean depthwise() {
        return groups == channels && groups == outChannels && groups > 1;
    }

    /** Returns whether each output position sees only the input position of the same index: a plain matrix product. */
    boolean pointwise() {
        return kernel == 1 && stride == 1 && top == 0 && left == 0 && outHeight == height && outWidth == width;
    }

    /** The number of input values per output value of a group. */
    int taps() {
        return kernel * kernel * (channels / groups);
    }

    /** The number of output rows of all images. */
    int outRows() {
        return images * outHeight;
    }

    /** The first kernel row that lies inside the input for an output row. */
    int firstKernelRow(int outY) {
        return Math.max(0, top - outY * stride);
    }

    /** One past the last kernel row that lies inside the input for an output row. */
    int endKernelRow(int outY) {
        return Math.min(kernel, height + top - outY * stride);
    }

    /** As {@link #firstKernelRow}, along the width. */
    int firstKernelColumn(int outX) {
        return Math.max(0, left - outX * stride);
    }

    /** As {@link #endKernelRow}, along the width. */
    int endKernelColumn(int outX) {
        return Math.min(kernel, width + left - outX * stride);
    }

    /** The first output column whose kernel lies completely inside the input. */
    int firstInnerColumn() {
        return Math.min(outWidth, (left + stride - 1) / stride);
    }

    /**
     * One past the last output column whose kernel lies completely inside the input; at least
     * {@link #firstInnerColumn}.
     */
    int endInnerColumn() {
        return Math.max(firstInnerColumn(), Math.min(outWidth, Math.floorDiv(width + left - kernel, stride) + 1));
    }
}
