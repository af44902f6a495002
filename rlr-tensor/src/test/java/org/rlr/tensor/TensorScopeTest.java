package org.rlr.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.rlr.tensor.backend.Backend;
import org.rlr.tensor.backend.BackendSettings;
import org.rlr.tensor.backend.Backends;

/** Who owns a tensor, and what happens to it when the owner goes. */
class TensorScopeTest {
    private final Backend backend = Backends.open("cpu", BackendSettings.DEFAULTS.withThreads(1));

    @AfterEach
    void nothingLeaks() {
        assertEquals(0, backend.memory().used());
        backend.close();
    }

    @Test
    void theInnermostScopeOwnsResultsWhateverTheirInputs() {
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
    void keepHandsATensorToTheParentAndAtTheTopToTheCaller() {
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
    void memoryReturnsWhenATensorIsClosedByHand() {
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
}
