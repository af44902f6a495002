package org.rlr.tensor.cpu;

/**
 * A set of kernels: {@link ScalarKernels}, or the Vector API kernels, which are loaded by reflection if that module is
 * present.
 */
interface CpuKernels {
    /** {@code "scalar"} or {@code "vector"}. */
    String name();

    /** Name and vector width for the user: {@code "vector, 256 bit"}. */
    String description();

    ElementwiseKernels elementwise();

    RowKernels rows();

    Gemm gemm();

    AttentionKernels attention();

    ConvolutionKernels convolution();
}
