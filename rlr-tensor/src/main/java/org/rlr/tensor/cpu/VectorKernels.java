package org.rlr.tensor.cpu;

/** Kernels on the Vector API. Loaded only by reflection: without the module, this class must not be loaded. */
final class VectorKernels implements CpuKernels {
    private static final int LEAST_LANES = 4;

    private final ElementwiseKernels elementwise = new VectorElementwise();
    private final RowKernels rows = new VectorRows();
    private final Gemm gemm = new VectorGemm(elementwise);

    /** @throws UnsupportedOperationException if this processor's vectors are too short to be useful */
    VectorKernels() {
        int lanes = VectorMath.FLOATS.length();
        if (lanes < LEAST_LANES) {
            throw new UnsupportedOperationException("the processor's vectors hold only " + lanes + " floats");
        }
        VectorProfiles.mix();
    }

    @Override
    public String name() {
        return "vector";
    }

    @Override
    public String description() {
        return "vector, " + VectorMath.FLOATS.vectorBitSize() + " bit";
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
        return new VectorAttention();
    }

    @Override
    public ConvolutionKernels convolution() {
        return new VectorConvolution();
    }
}
