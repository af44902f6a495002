package org.rlr.tensor.cpu;

import org.rlr.tensor.backend.Activation;
import org.rlr.tensor.backend.ConvGeometry;
import org.rlr.tensor.backend.View;

/** Convolutions and pools on the CPU, channels last. */
final class CpuConvolution {
    private final ConvolutionKernels kernels;
    private final Gemm gemm;
    private final Parallel parallel;

    CpuConvolution(ConvolutionKernels kernels, Gemm gemm, Parallel parallel) {
        this.kernels = kernels;
        this.gemm = gemm;
        this.parallel = parallel;
    }

    void forward(View x, View w, View bias, ConvGeometry geometry, Activation activation, View y) {
        throw new UnsupportedOperationException(kernels + " " + gemm + " " + parallel);
    }

    void backwardInput(View dy, View w, ConvGeometry geometry, View dx, boolean accumulate) {
        throw new UnsupportedOperationException();
    }

    void backwardWeights(View x, View dy, ConvGeometry geometry, View dw, boolean accumulate) {
        throw new UnsupportedOperationException();
    }

    void averagePool(View x, int side, View y, boolean accumulate) {
        throw new UnsupportedOperationException();
    }

    void maxPool(View x, ConvGeometry geometry, View y) {
        throw new UnsupportedOperationException();
    }
}
