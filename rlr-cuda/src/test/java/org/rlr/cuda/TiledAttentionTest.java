package org.rlr.cuda;

import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.rlr.cuda.standin.StandIn;
import org.rlr.tensor.backend.AttentionPattern;
import org.rlr.tensor.backend.Locality;

/**
 * The contract runs on the tiled kernels if a head fits into their tiles. This test requires the same results from the
 * plain kernels, which have no such limit.
 */
@Tag(StandIn.TAG)
class TiledAttentionTest {
    @BeforeAll
    static void load() {
        StandIn.load();
    }

    @ParameterizedTest
    @EnumSource
    void tiledAndPlainKernelsAgree(Locality locality) {
        for (int shared = 0; shared < 4; shared++) {
            AttentionComparison.check(
                    new AttentionPattern(2, 5, 7, 3, locality), 3, 5, (shared & 1) != 0, (shared & 2) != 0);
        }
        for (int headDim : new int[] {1, 31, 32, 33, 64}) {
            AttentionComparison.check(new AttentionPattern(1, 9, 8, 5, locality), 1, headDim, true, false);
        }
        AttentionComparison.check(new AttentionPattern(1, 2, 70, 5, locality), 2, 8, true, true);
    }
}
