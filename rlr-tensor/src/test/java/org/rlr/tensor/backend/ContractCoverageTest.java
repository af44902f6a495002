package org.rlr.tensor.backend;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.rlr.tensor.Shape;

/** Detects a primitive that no contract calls; recording does not change a call's exception. */
class ContractCoverageTest {
    @Test
    void aPrimitiveThatIsNotCalledIsMissing() {
        PrimitiveCoverage.Calls calls = new PrimitiveCoverage.Calls(ContractCoverageTest.class);
        try (Backend backend = calls.on(Backends.open("cpu", BackendSettings.DEFAULTS.withThreads(1)))) {
            View x = new View(backend.allocate(4), 0, Shape.of(2, 2));
            View y = new View(backend.allocate(2), 0, Shape.of(2, 1));
            backend.upload(new float[] {1, 3, 2, Math.max(0, 4)}, 0, x);
            assertTrue(calls.missing().contains("max"), "Math.max is not Backend.max");
            backend.max(x, 1, y);
            assertFalse(calls.missing().contains("max"));
            float[] largest = new float[2];
            backend.download(y, largest, 0);
            assertEquals(3, largest[0]);
            x.storage().release();
            assertThrows(IllegalStateException.class, () -> backend.download(x, new float[4], 0));
            y.storage().release();
        }
        assertTrue(calls.missing().contains("layerNormBackward"));
    }
}
