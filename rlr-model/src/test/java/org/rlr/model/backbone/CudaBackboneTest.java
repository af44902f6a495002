package org.rlr.model.backbone;

import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.rlr.cuda.CudaBackendProvider;
import org.rlr.cuda.standin.StandIn;
import org.rlr.tensor.backend.Backend;
import org.rlr.tensor.backend.BackendSettings;
import org.rlr.tensor.backend.Backends;

/**
 * {@link BackboneGoldenTest} with cuDNN, cuBLAS and the CUDA kernels on the stand-in for a driver, with one network of
 * each family; also without cuDNN.
 */
@Tag(StandIn.TAG)
class CudaBackboneTest {
    private static final BackendSettings EXACT = BackendSettings.DEFAULTS.withPrecision("fp32");

    @BeforeAll
    static void load() {
        StandIn.load(false);
    }

    @ParameterizedTest
    @ValueSource(strings = {"resnet18", "tf_efficientnet_b0", "vit_small_patch14_reg4_dinov2"})
    void agreesWithTimm(String name) {
        try (Backend backend = Backends.open("cuda", EXACT)) {
            assertTrue(backend.description().contains("convolutions by cuDNN"), backend.description());
            BackboneGoldenTest.check(backend, name);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"resnet18", "tf_efficientnet_b0"})
    void agreesWithTimmWithoutCudnn(String name) {
        try (Backend backend = new CudaBackendProvider().createWithoutCudnn(0, EXACT)) {
            assertTrue(backend.description().contains("convolutions by own kernels"), backend.description());
            BackboneGoldenTest.check(backend, name);
        }
    }
}
