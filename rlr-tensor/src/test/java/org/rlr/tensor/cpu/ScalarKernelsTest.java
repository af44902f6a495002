package org.rlr.tensor.cpu;

import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.extension.ExtendWith;
import org.rlr.tensor.backend.Backend;
import org.rlr.tensor.backend.BackendSettings;
import org.rlr.tensor.backend.ConvolutionContract;
import org.rlr.tensor.backend.ElementwiseContract;
import org.rlr.tensor.backend.LayoutContract;
import org.rlr.tensor.backend.LossContract;
import org.rlr.tensor.backend.MatrixContract;
import org.rlr.tensor.backend.MemoryContract;
import org.rlr.tensor.backend.NormalizationContract;
import org.rlr.tensor.backend.PrimitiveCoverage;
import org.rlr.tensor.backend.RandomContract;
import org.rlr.tensor.backend.ReductionContract;

/** The contracts on the scalar kernels, with three threads. */
@ExtendWith(PrimitiveCoverage.class)
class ScalarKernelsTest {

    private static Backend start() {
        return new CpuBackend(new ScalarKernels(), BackendSettings.DEFAULTS.withThreads(3));
    }

    @Nested
    class Memory extends MemoryContract {
        @Override
        protected Backend backend() {
            return start();
        }
    }

    @Nested
    class Elementwise extends ElementwiseContract {
        @Override
        protected Backend backend() {
            return start();
        }
    }

    @Nested
    class Reduction extends ReductionContract {
        @Override
        protected Backend backend() {
            return start();
        }
    }

    @Nested
    class Layout extends LayoutContract {
        @Override
        protected Backend backend() {
            return start();
        }
    }

    @Nested
    class Matrix extends MatrixContract {
        @Override
        protected Backend backend() {
            return start();
        }
    }

    @Nested
    class Normalization extends NormalizationContract {
        @Override
        protected Backend backend() {
            return start();
        }
    }

    @Nested
    class Loss extends LossContract {
        @Override
        protected Backend backend() {
            return start();
        }
    }

    @Nested
    class Random extends RandomContract {
        @Override
        protected Backend backend() {
            return start();
        }
    }

    @Nested
    class Attention extends CpuAttentionContract {
        @Override
        CpuKernels kernels() {
            return new ScalarKernels();
        }
    }

    @Nested
    class Convolution extends ConvolutionContract {
        @Override
        protected Backend backend() {
            return start();
        }
    }
}
