package org.rlr.tensor.cpu;

/** Plain Java loops and EJML's matrix product; the fallback without the Vector API. */
final class ScalarKernels implements CpuKernels {
    private final ElementwiseKernels elementwise = new ScalarElementwise();
    private final RowKernels rows = new ScalarRows();
    private final Gemm gemm = new ScalarGemm(elementwise);

    @Override
    public String name() {
        return "scalar";
    }

    @Override
    public String description() {
        return "scalar";
    }

    @Override
    public ElementwiseKernels elementwise() {
        return elementwise;
    }

    @Override
    public RowKernels rows() {
        return rows;
    }

    @Override
    public Gemm gemm() {
        return gemm;
    }

    @Override
    public AttentionKernels attention() {
        return new ScalarAttention();
    }

    @Override
    public ConvolutionKernels convolution() {
        return new ScalarConvolution();
    }
}
