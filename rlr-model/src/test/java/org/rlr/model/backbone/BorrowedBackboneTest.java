package org.rlr.model.backbone;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rlr.model.cli.BackboneFile;
import org.rlr.tensor.Tensor;
import org.rlr.tensor.TensorScope;
import org.rlr.tensor.backend.Backend;
import org.rlr.tensor.backend.BackendSettings;
import org.rlr.tensor.backend.Backends;

/** Closing a borrowed view leaves the backbone open. */
class BorrowedBackboneTest {
    private static final int SIZE = 32;

    @TempDir
    Path folder;

    private static float[] features(Backend backend, Backbone backbone) {
        float[] pixels = new float[SIZE * SIZE * 3];
        for (int i = 0; i < pixels.length; i++) {
            pixels[i] = i % 7 - 3;
        }
        try (TensorScope scope = TensorScope.inference(backend)) {
            return backbone.features(Tensor.of(pixels, 1, SIZE, SIZE, 3), List.of(1))
                    .get(0)
                    .toArray();
        }
    }

    @Test
    void itBehavesLikeTheBackboneAndClosesNothing() {
        Path weights = folder.resolve("resnet18.safetensors");
        BackboneFile.write("resnet18", weights);
        try (Backend backend = Backends.open("cpu", BackendSettings.DEFAULTS.withThreads(1));
                Backbone owned = Backbones.open("resnet18", weights, List.of(1), backend)) {
            float[] expected = features(backend, owned);
            for (int use = 0; use < 2; use++) {
                try (Backbone borrowed = new BorrowedBackbone(owned)) {
                    assertArrayEquals(expected, features(backend, borrowed));
                    assertEquals(owned.weights().names(), borrowed.weights().names());
                    assertEquals(owned.info(), borrowed.info());
                }
            }
            assertArrayEquals(expected, features(backend, owned));
            owned.close();
            assertThrows(
                    IllegalStateException.class,
                    () -> features(backend, owned),
                    "a backbone that its owner has closed");
        }
    }
}
