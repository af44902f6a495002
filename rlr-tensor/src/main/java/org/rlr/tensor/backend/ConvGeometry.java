package org.rlr.tensor.backend;

/**
 * How a two-dimensional convolution walks over its input. Height and width share kernel, stride and padding rule.
 *
 * @param kernel side of the kernel
 * @param stride step between outputs
 * @param padBefore zeros above and to the left
 * @param padAfter zeros below and to the right
 * @param groups number of channel groups; equal to the channels for a depthwise convolution
 * @param same TensorFlow's SAME rule: padding follows from the input so that the output has {@code ceil(in/stride)}
 *     positions, the odd zero below and to the right; the explicit paddings are then ignored
 */
public record ConvGeometry(int kernel, int stride, int padBefore, int padAfter, int groups, boolean same) {
    /**
     * Checks the ranges.
     *
     * @throws IllegalArgumentException if kernel, stride or groups are below 1, or a padding below 0
     */
    public ConvGeometry {
        if (kernel < 1 || stride < 1 || padBefore < 0 || padAfter < 0 || groups < 1) {
            throw new IllegalArgumentException("impossible convolution: kernel " + kernel + ", stride " + stride
                    + ", padding " + padBefore + "/" + padAfter + ", groups " + groups);
        }
    }

    /**
     * Explicit symmetric padding.
     *
     * @param kernel side of the kernel
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
     * TensorFlow's SAME padding.
     *
     * @param kernel side of the kernel
     * @param stride step between outputs
     * @param groups number of channel groups
     * @return the geometry
     * @throws IllegalArgumentException if one is out of range
     */
    public static ConvGeometry same(int kernel, int stride, int groups) {
        return new ConvGeometry(kernel, stride, 0, 0, groups, true);
    }

    /**
     * Positions of the output along an axis of {@code in} positions.
     *
     * @param in positions of the input
     * @return their number; 0 or less where the kernel is larger than the padded input
     */
    public int out(int in) {
        return same ? (in + stride - 1) / stride : Math.floorDiv(in + padBefore + padAfter - kernel, stride) + 1;
    }

    /**
     * Zeros before the first element of an axis of {@code in} positions.
     *
     * @param in positions of the input
     * @return their number
     */
    public int before(int in) {
        return same ? Math.max((out(in) - 1) * stride + kernel - in, 0) / 2 : padBefore;
    }
}
