package org.rlr.tensor.cpu;

import org.junit.jupiter.api.Nested;
import org.rlr.tensor.backend.Backend;
import org.rlr.tensor.backend.ConvolutionContract;

/** Both kernel sets hold the contract of convolutions, on one thread and on several. */
class CpuConvolutionTest {
    @Nested
    class Scalar extends ConvolutionContract {
        @Override
        protected Backend open() {
            return new CpuBackend(new ScalarKernels(), 2);
        }
    }

    @Nested
    class Vector extends ConvolutionContract {
        @Override
        protected Backend open() {
            return new CpuBackend(KernelChoice.vector(), 2);
        }
    }

    @Nested
    class VectorOnOneThread extends ConvolutionContract {
        @Override
        protected Backend open() {
            return new CpuBackend(KernelChoice.vector(), 1);
        }
    }
}
