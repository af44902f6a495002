package org.rlr.cuda;

import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.rlr.cuda.standin.StandIn;

/** The contracts on the stand-in, every access checked. */
@Tag(StandIn.TAG)
class CudaContractTest extends CudaContracts {
    @BeforeAll
    static void load() {
        StandIn.load();
    }
}
