package org.rlr.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.rlr.tensor.backend.Backend;
import org.rlr.tensor.backend.BackendSettings;
import org.rlr.tensor.backend.Backends;
import org.rlr.tensor.backend.Storage;
import org.rlr.tensor.backend.View;

/** Ownership of tensors and their fate when the owner closes. */
class TensorScopeTest {
    private final Backend backend = Backends.open("cpu", BackendSettings.DEFAULTS.withThreads(1));

    @AfterEach
    void nothingLeaks() {
        assertEquals(0, backend.memory().used());
        backend.close();
    }

    @Test
    void theInnermostScopeOwnsResultsOfAnyInputs() {
        try (TensorScope outer = TensorScope.open(backend)) {
            Tensor a = Tensor.full(2, 3);
            Tensor b;
            try (TensorScope inner = TensorScope.open(backend)) {
                b = a.add(a);
                assertArrayEquals(new float[] {4, 4, 4}, b.toArray());
            }
            assertThrows(IllegalStateException.class, b::toArray);
            assertArrayEquals(new float[] {2, 2, 2}, a.toArray());
        }
    }

    @Test
    void keepMovesATensorToTheParentOrTheCaller() {
        Tensor kept;
        try (TensorScope outer = TensorScope.open(backend)) {
            Tensor t;
            try (TensorScope inner = TensorScope.open(backend)) {
                t = inner.keep(Tensor.full(1, 2));
            }
            assertEquals(1, t.toArray()[0]);
            assertThrows(IllegalArgumentException.class, () -> {
                try (TensorScope inner = TensorScope.open(backend)) {
                    inner.keep(t);
                }
            });
            kept = outer.keep(t);
        }
        assertEquals(1, kept.toArray()[0]);
        kept.close();
        kept.close();
        assertThrows(IllegalStateException.class, kept::toArray);
    }

    @Test
    void viewsKeepTheMemoryTheyShare() {
        try (TensorScope scope = TensorScope.open(backend)) {
            Tensor a = Tensor.of(new float[] {1, 2, 3, 4}, 2, 2);
            Tensor view = a.reshape(4);
            a.close();
            assertArrayEquals(new float[] {1, 2, 3, 4}, view.toArray());
        }
    }

    @Test
    void memoryIsReleasedWhenATensorIsClosedExplicitly() {
        try (TensorScope scope = TensorScope.open(backend)) {
            long before = backend.memory().used();
            Tensor t = Tensor.zeros(100);
            assertEquals(before + 400, backend.memory().used());
            t.close();
            assertEquals(before, backend.memory().used());
        }
        assertTrue(backend.memory().peak() >= 400);
    }

    @Test
    void scopesNestAndBelongToTheirThread() throws InterruptedException {
        assertThrows(IllegalStateException.class, () -> Tensor.zeros(1));
        try (TensorScope outer = TensorScope.open(backend)) {
            TensorScope inner = TensorScope.open(backend);
            assertThrows(IllegalStateException.class, outer::close);
            Throwable[] caught = new Throwable[1];
            Thread other = new Thread(() -> {
                try {
                    inner.close();
                } catch (IllegalStateException e) {
                    caught[0] = e;
                }
            });
            other.start();
            other.join();
            assertTrue(caught[0] instanceof IllegalStateException);
            inner.close();
            inner.close();
        }
    }

    @Test
    void allTensorsAreClosedEvenIfOneFails() {
        IllegalStateException failure = new IllegalStateException("made up");
        Storage fails = new Storage(1) {
            @Override
            protected void free() {
                throw failure;
            }
        };
        try (TensorScope outer = TensorScope.open(backend)) {
            TensorScope inner = TensorScope.open(backend);
            Tensor.zeros(10);
            Tensor.wrap(backend, new View(fails, 0, Shape.of(1)));
            Tensor.zeros(10);
            assertSame(failure, assertThrows(IllegalStateException.class, inner::close));
            assertEquals(0, backend.memory().used());
            assertSame(outer, TensorScope.current());
        }
        assertThrows(IllegalStateException.class, TensorScope::current);
    }

    @Test
    void aScopeClosesItsOpenInnerScopes() {
        TensorScope outer = TensorScope.open(backend);
        TensorScope forgotten = TensorScope.open(backend);
        Tensor.zeros(10);
        assertThrows(IllegalStateException.class, outer::close);
        assertEquals(0, backend.memory().used());
        assertThrows(IllegalStateException.class, TensorScope::current);
        assertDoesNotThrow(forgotten::close);
    }

    @Test
    void aFailedTensorReleasesItsMemory() {
        assertThrows(IllegalStateException.class, () -> Tensor.empty(backend, Shape.of(5)));
        assertEquals(0, backend.memory().used());
    }

    @Test
    void intermediatesAreClosedUnlessATapeNeedsThem() {
        try (TensorScope scope = TensorScope.inference(backend)) {
            Tensor x = Tensor.full(3, 100);
            Tensor y = TensorScope.closingIntermediates(() -> x.mul(x).add(x));
            assertEquals(800, backend.memory().used());
            assertEquals(12, y.toArray()[99]);
            assertSame(x, TensorScope.closingIntermediates(() -> x));
        }
        try (TensorScope scope = TensorScope.open(backend)) {
            Tensor x = Tensor.full(3, 1).setRequiresGrad();
            TensorScope.closingIntermediates(() -> x.mul(x).mul(x)).backward();
            assertEquals(27, x.grad().item());
        }
    }
}
