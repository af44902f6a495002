package org.rlr.cuda;

import org.junit.jupiter.api.BeforeAll;

/** Attention on a real card's tensor cores; skipped with the reason if there is none. */
class CudaCardTensorCoreTest extends TensorCoreAttentionChecks {
    @BeforeAll
    static void needACard() {
        CudaCardTest.needACard();
    }
}
