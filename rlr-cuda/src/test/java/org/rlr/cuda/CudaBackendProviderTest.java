package org.rlr.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.rlr.tensor.Device;
import org.rlr.tensor.InvalidSettingException;
import org.rlr.tensor.ResourceException;
import org.rlr.tensor.backend.Backend;
import org.rlr.tensor.backend.BackendSettings;
import org.rlr.tensor.backend.Backends;

/** Tests without a card; {@link CudaDevicesTest} has one. */
class CudaBackendProviderTest {
    private static String reason() {
        Optional<String> why = new CudaBackendProvider().unavailable();
        assumeTrue(why.isPresent(), "this machine can compute with CUDA");
        return why.get();
    }

    @Test
    void itIsFoundAndAutoTakesTheCpu() {
        assertTrue(Backends.providers().stream().anyMatch(CudaBackendProvider.class::isInstance));
        try (Backend backend = Backends.open("auto", BackendSettings.DEFAULTS.withThreads(1))) {
            assertEquals(Device.CPU, backend.device());
        }
    }

    @Test
    void askingForItByNameTurnsTheReasonIntoTheMessage() {
        String reason = reason();
        for (String name : new String[] {"cuda", "cuda:1"}) {
            ResourceException e =
                    assertThrows(ResourceException.class, () -> Backends.open(name, BackendSettings.DEFAULTS));
            assertTrue(e.getMessage().contains(reason), e.getMessage());
        }
        assertEquals(
                "backend 'cuda' cannot start: " + reason,
                assertThrows(
                                ResourceException.class,
                                () -> new CudaBackendProvider().create(0, BackendSettings.DEFAULTS))
                        .getMessage());
        assertTrue(assertThrows(InvalidSettingException.class, () -> Backends.open("cuda:x", BackendSettings.DEFAULTS))
                .explanation()
                .contains("cuda:0"));
        assertTrue(assertThrows(InvalidSettingException.class, () -> Backends.open("tpu", BackendSettings.DEFAULTS))
                .explanation()
                .contains("cpu"));
    }
}
