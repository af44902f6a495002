package org.rlr.model;

import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.rlr.cuda.standin.StandIn;
import org.rlr.tensor.backend.Backend;
import org.rlr.tensor.backend.BackendSettings;
import org.rlr.tensor.backend.Backends;

/**
 * {@link RlrGoldenTest} with the CUDA kernels on the stand-in for a driver: forward, loss, every gradient, five
 * training steps, in cases that cover every block and several layers. Kernels run without the checks that the contract
 * has already made, so that a case takes only seconds.
 */
@Tag(StandIn.TAG)
class CudaGoldenTest {
    @BeforeAll
    static void load() {
        StandIn.load(false);
    }

    @ParameterizedTest
    @ValueSource(strings = {"mca-nsa", "all-blocks", "gate", "ca-beside-mca-ref-len-3"})
    void agreesWithTheReferenceImplementation(String name) {
        try (Backend backend = Backends.open("cuda", BackendSettings.DEFAULTS.withPrecision("fp32"))) {
            RlrGoldenTest.check(backend, name);
        }
    }
}
