package org.rlr.tensor.cpu;

/** Plain Java loops and EJML's matrix product: what runs where the Vector API is absent. */
final class ScalarKernels implements CpuKernels {
    @Override
    public String name() {
        return "scalar";
    }

    @Override
    public String description() {
        return "scalar";
    }

    @Override
    public Gemm gemm() {
        throw new UnsupportedOperationException();
    }

    @Override
    public AttentionKernels attention() {
        return new AttentionKernels() { };
    }

    @Override
    public ConvolutionKernels convolution() {
        return new ConvolutionKernels() { };
    }
}
