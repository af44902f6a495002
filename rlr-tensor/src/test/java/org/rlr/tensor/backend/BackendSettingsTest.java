package org.rlr.tensor.backend;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.rlr.tensor.InvalidSettingException;

class BackendSettingsTest {

    @Test
    void theNumberOfThreadsIsInRange() {
        assertEquals(
                "`threads` is -1; it must be between 1 and 1024, or 0 for one per core",
                assertThrows(InvalidSettingException.class, () -> BackendSettings.DEFAULTS.withThreads(-1))
                        .explanation());
        assertThrows(InvalidSettingException.class, () -> BackendSettings.DEFAULTS.withThreads(1025));
        assertEquals(
                new BackendSettings(1024, "auto", Runtime.getRuntime().maxMemory() / 4),
                BackendSettings.DEFAULTS.withThreads(1024));
        int cores = Runtime.getRuntime().availableProcessors();
        try (Backend backend = Backends.open("cpu", BackendSettings.DEFAULTS)) {
            assertTrue(backend.description().contains(" " + cores + " thread"), backend.description());
        }
    }

    @Test
    void aBackendChoosesAnOfferedPrecision() {
        List<String> offered = List.of("fp32", "tf32", "bf16");
        assertEquals("tf32", BackendSettings.DEFAULTS.choosePrecision("card", offered, "tf32"));
        assertEquals("bf16", BackendSettings.DEFAULTS.withPrecision("bf16").choosePrecision("card", offered, "tf32"));
        InvalidSettingException e = assertThrows(
                InvalidSettingException.class,
                () -> BackendSettings.DEFAULTS.withPrecision("fp8").choosePrecision("card", offered, "tf32"));
        assertEquals(
                "`precision` is fp8, which the backend card does not offer; use fp32, tf32 or bf16, or another "
                        + "`backend`",
                e.explanation());
    }

    @Test
    void theCpuHasOnlyFloat32() {
        for (String precision : List.of("fp32", BackendSettings.AUTO)) {
            Backends.open("cpu", BackendSettings.DEFAULTS.withPrecision(precision))
                    .close();
        }
        InvalidSettingException e = assertThrows(
                InvalidSettingException.class,
                () -> Backends.open("auto", BackendSettings.DEFAULTS.withPrecision("bf16")));
        assertEquals(List.of("precision", "bf16", "fp32"), List.of(e.name(), e.value(), e.allowed()));
        assertEquals(
                "`precision` is bf16, which the backend cpu does not offer; use fp32, or another `backend`",
                e.explanation());
    }
}
