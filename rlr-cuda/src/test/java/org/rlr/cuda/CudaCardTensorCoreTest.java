package org.rlr.cuda;

import org.junit.jupiter.api.BeforeAll;

/** Attention on a real card's tensor cores; skipped where there is none, saying why. */
class CudaCardTensorCoreTest extends TensorCoreAttentionChecks {
    @BeforeAll
    static void needACard() {
        CudaCardTest.needACard();
    }
}
