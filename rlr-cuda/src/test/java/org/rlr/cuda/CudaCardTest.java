package org.rlr.cuda;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.Optional;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.rlr.tensor.Shape;
import org.rlr.tensor.backend.AttentionPattern;
import org.rlr.tensor.backend.Backend;
import org.rlr.tensor.backend.BackendSettings;
import org.rlr.tensor.backend.Backends;
import org.rlr.tensor.backend.Locality;
import org.rlr.tensor.backend.View;

/** The contracts on a real card; skipped with the reason if there is none. */
class CudaCardTest extends CudaContracts {
    @BeforeAll
    static void needACard() {
        Optional<String> why = new CudaBackendProvider().unavailable();
        assumeTrue(why.isEmpty(), () -> "no card: " + why.get());
    }

    /** Blocks of a grid end in any order; sums must have a fixed order. */
    @ParameterizedTest
    @EnumSource
    void aHundredRunsGiveTheSameBits(Precision precision) {
        BackendSettings settings = BackendSettings.DEFAULTS.withPrecision(precision.word());
        assertSameBits(settings, new AttentionPattern(8, 16, 16, 5, Locality.INSIDE));
        assertSameBits(settings, new AttentionPattern(8, 16, 16, 5, Locality.OUTSIDE));
    }

    private static void assertSameBits(BackendSettings settings, AttentionPattern pattern) {
        try (Backend backend = Backends.open("cuda", settings)) {
            View q = normals(backend, 1, 9, 256, 128);
            View k = normals(backend, 2, 1, 256, 128);
            View v = normals(backend, 3, 1, 256, 128);
            View[] results = {
                normals(backend, 4, 9, 256, 128),
                normals(backend, 5, 9, 8, 256),
                normals(backend, 6, 9, 256, 128),
                normals(backend, 7, 1, 256, 128),
                normals(backend, 8, 1, 256, 128),
                normals(backend, 9, 128)
            };
            float[][] first = null;
            for (int run = 0; run < 100; run++) {
                backend.attention(q, k, v, pattern, results[0], results[1]);
                backend.attentionBackward(
                        q, k, v, results[0], results[1], q, pattern, results[2], results[3], results[4]);
                backend.sumTo(results[2], results[5], false);
                float[][] values = new float[results.length][];
                for (int i = 0; i < values.length; i++) {
                    values[i] = new float[results[i].elements()];
                    backend.download(results[i], values[i], 0);
                }
                first = first == null ? values : first;
                for (int i = 0; i < values.length; i++) {
                    assertArrayEquals(first[i], values[i], 0f, "run " + run + ", result " + i);
                }
            }
        }
    }

    /** The shapes of the model, batch 16. */
    @Test
    void tiledAndPlainAttentionAgreeOnTheModelsShapes() {
        for (Locality locality : new Locality[] {Locality.INSIDE, Locality.OUTSIDE}) {
            boolean sharedValues = locality == Locality.INSIDE;
            AttentionComparison.check(new AttentionPattern(8, 32, 32, 7, locality), 16, 32, true, sharedValues);
            AttentionComparison.check(new AttentionPattern(8, 16, 16, 5, locality), 16, 64, true, sharedValues);
            AttentionComparison.check(new AttentionPattern(8, 64, 64, 11, locality), 16, 16, true, sharedValues);
        }
    }

    private static View normals(Backend backend, long stream, int... extents) {
        Shape shape = Shape.of(extents);
        View view = new View(backend.allocate(shape.elements()), 0, shape);
        backend.normal(view, 20240917, stream);
        return view;
    }
}
