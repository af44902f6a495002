package org.rlr.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.rlr.tensor.Device;
import org.rlr.tensor.RlrException;
import org.rlr.tensor.backend.Backend;
import org.rlr.tensor.backend.Backends;

class CudaBackendProviderTest {
    @Test
    void autoPassesOverCudaAndTakesTheCpu() {
        assertEquals("cuda", Backends.providers().get(0).type());
        try (Backend backend = Backends.open("auto", 1)) {
            assertEquals(Device.CPU, backend.device());
        }
    }

    @Test
    void askingForItByNameTurnsTheReasonIntoTheMessage() {
        String reason = Backends.providers().get(0).unavailable().orElseThrow();
        for (String name : new String[] {"cuda", "cuda:1"}) {
            RlrException e = assertThrows(RlrException.class, () -> Backends.open(name, 0));
            assertTrue(e.getMessage().contains(reason), e.getMessage());
        }
        assertTrue(assertThrows(RlrException.class, () -> Backends.open("cuda:x", 0)).getMessage().contains("cuda:0"));
        assertTrue(assertThrows(RlrException.class, () -> Backends.open("tpu", 0)).getMessage().contains("cpu"));
    }
}
