package org.rlr.model.backbone;

import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.rlr.cuda.standin.StandIn;
import org.rlr.tensor.backend.Backend;
import org.rlr.tensor.backend.Backends;

/** {@link BackboneGoldenTest} by the CUDA kernels on the stand-in for a driver, on a network of each family. */
@Tag(StandIn.TAG)
class CudaBackboneTest {
    @BeforeAll
    static void load() {
        StandIn.load(false);
    }

    @ParameterizedTest
    @ValueSource(strings = {"resnet18", "tf_efficientnet_b0"})
    void agreesWithTimm(String name) {
        try (Backend backend = Backends.open("cuda", 0)) {
            BackboneGoldenTest.check(backend, name);
        }
    }
}
