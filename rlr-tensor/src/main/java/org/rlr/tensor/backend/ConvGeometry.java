package org.rlr.tensor.backend;

/**
 * Kernel, stride, padding and groups of a two-dimensional convolution, the same for height and width.
 *
 * @param kernel kernel size
 * @param stride step between outputs
 * @param padBefore zeros above and to the left
 * @param padAfter zeros below and to the right
 * @param groups number of channel groups; equal to the channels for a depthwise convolution
 * @param same whether to use TensorFlow's SAME rule instead of the explicit paddings: the output has
 *     {@code ceil(in/stride)} positions, and an odd zero goes below and to the right
 */
public record ConvGeometry(int kernel, int stride, int padBefore, int padAfter, int groups, boolean same) {
    /**
     * Checks the ranges.
     *
     * @throws IllegalArgumentException if kernel, stride or groups are below 1, or a padding below 0
     */
    public ConvGeometry {
        if (kernel < 1 || stride < 1 || padBefore < 0 || padAfter < 0 || groups < 1) {
            throw new IllegalArgumentException("invalid convolution: kernel " + kernel + ", stride " + stride
                    + ", padding " + padBefore + "/" + padAfter + ", groups " + groups);
        }
    }

    /**
     * Returns a geometry with explicit symmetric padding.
     *
     * @param kernel kernel size
     * @param stride step between outputs
     * @param padding zeros on each side
     * @param groups number of channel groups
     * @return the geometry
     * @throws IllegalArgumentException if one is out of range
     */
    public static ConvGeometry padded(int kernel, int stride, int padding, int groups) {
        return new ConvGeometry(kernel, stride, padding, padding, groups, false);
    }

    /**
     * Returns a geometry with TensorFlow's SAME padding.
     *
     * @param kernel kernel size
     * @param stride step between outputs
     * @param groups number of channel groups
     * @return the geometry
     * @throws IllegalArgumentException if one is out of range
     */
    public static ConvGeometry same(int kernel, int stride, int groups) {
        return new ConvGeometry(kernel, stride, 0, 0, groups, true);
    }

    /**
     * Returns the output positions along an axis of {@code in} positions.
     *
     * @param in positions of the input
     * @return the number of positions; 0 or less if the kernel is larger than the padded input
     */
    public int out(int in) {
        return same ? (in + stride - 1) / stride : Math.floorDiv(in + padBefore + padAfter - kernel, stride) + 1;
    }

    /**
     * Returns the zeros before the first element of an axis of {@code in} positions.
     *
     * @param in positions of the input
     * @return their number
     */
    public int before(int in) {
        return same ? Math.max((out(in) - 1) * stride + kernel - in, 0) / 2 : padBefore;
    }
}
