package org.rlr.tensor.cpu;

/**
 * A set of kernels: {@link ScalarKernels}, or the one on the Vector API, which is loaded by reflection where that
 * module is present.
 */
interface CpuKernels {
    /** {@code "scalar"} or {@code "vector"}. */
    String name();

    /** Name and width, for a user: {@code "vector, 256 bit"}. */
    String description();

    ElementwiseKernels elementwise();

    RowKernels rows();

    Gemm gemm();

    AttentionKernels attention();

    ConvolutionKernels convolution();
}
