package org.rlr.cuda;

import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.extension.ExtendWith;
import org.rlr.cuda.driver.Card;
import org.rlr.tensor.backend.AttentionContract;
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

/** Every contract on a card, without rounding up or reusing memory. Subclasses provide the card. */
@ExtendWith(PrimitiveCoverage.class)
abstract class CudaContracts {
    /** Settings for float32, which is checked to a few roundings. */
    static final BackendSettings EXACT = BackendSettings.DEFAULTS.withPrecision("fp32");

    private static Backend start() {
        return start(true);
    }

    private static Backend start(boolean cudnn) {
        return new CudaBackend(Card.of(0), EXACT, new CudaDebugging(true, cudnn));
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
    class Attention extends AttentionContract {
        @Override
        protected Backend backend() {
            return start();
        }
    }

    /** By cuDNN, if present and if it supports the problem. */
    @Nested
    class Convolution extends ConvolutionContract {
        @Override
        protected Backend backend() {
            return start();
        }
    }

    @Nested
    class ConvolutionByOwnKernels extends ConvolutionContract {
        @Override
        protected Backend backend() {
            return start(false);
        }
    }
}
