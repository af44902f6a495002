package org.rlr.model;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.Optional;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;
import org.rlr.tensor.backend.Backend;
import org.rlr.tensor.backend.BackendProvider;
import org.rlr.tensor.backend.BackendSettings;
import org.rlr.tensor.backend.Backends;

/** {@link RlrGoldenTest} on a real GPU; skipped without one, with the reason. */
class CudaCardGoldenTest {
    @BeforeAll
    static void needACard() {
        BackendProvider cuda = Backends.providers().stream()
                .filter(p -> p.type().equals("cuda"))
                .findFirst()
                .orElseThrow();
        Optional<String> why = cuda.unavailable();
        assumeTrue(why.isEmpty(), () -> "no card: " + why.get());
    }

    @ParameterizedTest
    @FieldSource("org.rlr.model.RlrGoldenTest#NAMES")
    void agreesWithTheReferenceImplementation(String name) {
        try (Backend backend = Backends.open("cuda", BackendSettings.DEFAULTS.withPrecision("fp32"))) {
            RlrGoldenTest.check(backend, name);
        }
    }
}
