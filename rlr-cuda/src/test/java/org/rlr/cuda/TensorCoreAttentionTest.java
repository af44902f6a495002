package org.rlr.cuda;

import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.rlr.cuda.standin.StandIn;

/** Attention on the stand-in's emulated tensor cores, every access checked. */
@Tag(StandIn.TAG)
class TensorCoreAttentionTest extends TensorCoreAttentionChecks {
    @BeforeAll
    static void load() {
        StandIn.load();
    }
}
