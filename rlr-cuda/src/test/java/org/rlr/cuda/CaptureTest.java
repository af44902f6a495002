package org.rlr.cuda;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.rlr.cuda.driver.Card;
import org.rlr.cuda.standin.StandIn;
import org.rlr.tensor.Shape;
import org.rlr.tensor.backend.AdamSettings;
import org.rlr.tensor.backend.Backend;
import org.rlr.tensor.backend.Backends;
import org.rlr.tensor.backend.Capture;
import org.rlr.tensor.backend.Storage;
import org.rlr.tensor.backend.View;

/**
 * Primitives captured into a graph and launched, on the stand-in, which keeps captured work and runs it at each launch,
 * like the driver.
 */
@Tag(StandIn.TAG)
class CaptureTest {
    private static final int N = 12;
    /** Exceeds 32 bits, so that both halves of a stream's number change. */
    private static final int STREAMS = 1 << 30;

    private static final float RATE = 1e-2f;
    private Backend backend;

    @BeforeAll
    static void load() {
        StandIn.load();
    }

    @BeforeEach
    void open() {
        backend = Backends.open("cuda", CudaContracts.EXACT);
    }

    @AfterEach
    void close() {
        assertEquals(0, backend.memory().used(), "leaked");
        backend.close();
    }

    /** A step like in training: noise on an input, a product, an optimiser. */
    private final class Step implements AutoCloseable {
        final View x = values(1);
        final View weights = values(2);
        final View first = values(0);
        final View second = values(0);
        final View out = values(0);

        private View values(int seed) {
            View view = new View(backend.allocate(N * N), 0, Shape.of(N, N));
            float[] values = new float[N * N];
            for (int i = 0; i < values.length; i++) {
                values[i] = (float) Math.sin(seed * (i + 1));
            }
            backend.upload(values, 0, view);
            return view;
        }

        void submit(long step) {
            submit(step, RATE);
        }

        void submit(long step, float rate) {
            Storage noisy = backend.allocate(N * N);
            View y = new View(noisy, 0, x.shape());
            backend.featureJitter(x, 0.5f, null, 7, step * STREAMS + 3, y);
            backend.matmul(y, false, weights, true, 1, out, false);
            backend.adam(weights, out, first, second, AdamSettings.DEFAULT.withLearningRate(rate), step + 1);
            noisy.release();
        }

        float[] state() {
            float[] values = new float[N * N];
            backend.download(weights, values, 0);
            return values;
        }

        @Override
        public void close() {
            for (View view : new View[] {x, weights, first, second, out}) {
                view.storage().release();
            }
        }
    }

    private Capture capture(Step steps, long step) {
        return backend.capture(step, STREAMS, () -> steps.submit(step)).orElseThrow();
    }

    @Test
    void runsGiveTheBitsOfStepsSubmittedOneByOneWithTheirOwnNoiseAndCorrection() {
        try (Step plain = new Step();
                Step captured = new Step()) {
            captured.submit(0);
            plain.submit(0);
            try (Capture capture = capture(captured, 1)) {
                assertArrayEquals(plain.state(), captured.state(), "capturing runs nothing");
                for (long step = 1; step < 6; step++) {
                    plain.submit(step);
                    capture.run(step, RATE);
                    assertArrayEquals(plain.state(), captured.state(), "step " + step);
                }
            }
        }
    }

    @Test
    void theLearningRateIsThatOfTheRun() {
        try (Step plain = new Step();
                Step captured = new Step()) {
            try (Capture capture = capture(captured, 0)) {
                plain.submit(0, 0.25f);
                capture.run(0, 0.25f);
                assertArrayEquals(plain.state(), captured.state());
            }
        }
    }

    /** Only graphs use a graph's memory, even when its blocks are free. */
    @Test
    void memoryAllocatedAfterwardsIsNotOverwrittenByARun() {
        try (Step steps = new Step();
                Capture capture = capture(steps, 0)) {
            View other = new View(backend.allocate(N * N), 0, Shape.of(N, N));
            backend.fill(other, 5);
            capture.run(0, RATE);
            float[] values = new float[N * N];
            backend.download(other, values, 0);
            float[] fives = new float[N * N];
            Arrays.fill(fives, 5);
            assertArrayEquals(fives, values);
            other.storage().release();
        }
    }

    @Test
    void aBodyThatTurnsToTheHostIsNotCapturedAndNothingIsLost() {
        try (Step steps = new Step()) {
            assertTrue(backend.capture(0, STREAMS, steps::state).isEmpty());
            assertTrue(backend.capture(0, STREAMS, () -> backend.upload(new float[N * N], 0, steps.x))
                    .isEmpty());
            assertTrue(backend.capture(0, STREAMS, backend::synchronize).isEmpty());
            float[] before = steps.state();
            steps.submit(0);
            assertFalse(Arrays.equals(before, steps.state()));
            capture(steps, 1).close();
        }
    }

    @Test
    void afterAFailureInTheBodyTheBackendGoesOn() {
        try (Step steps = new Step()) {
            assertThrows(
                    ArithmeticException.class,
                    () -> backend.capture(0, STREAMS, () -> {
                        steps.submit(0);
                        throw new ArithmeticException();
                    }));
            float[] before = steps.state();
            steps.submit(0);
            assertFalse(Arrays.equals(before, steps.state()));
        }
    }

    @Test
    void aBodyMustGiveBackWhatItAllocates() {
        Storage[] kept = new Storage[1];
        assertThrows(
                IllegalStateException.class, () -> backend.capture(0, STREAMS, () -> kept[0] = backend.allocate(N)));
        kept[0].release();
        try (Step steps = new Step();
                Capture capture = capture(steps, 0)) {
            capture.close();
            assertThrows(IllegalStateException.class, () -> capture.run(0, RATE));
        }
    }

    @Test
    void forDebuggingNothingIsCaptured() {
        try (Backend debugging = new CudaBackend(Card.of(0), CudaContracts.EXACT, new CudaDebugging(true, true))) {
            assertEquals(Optional.empty(), debugging.capture(0, 1, () -> {
                throw new AssertionError("the body must not be called");
            }));
        }
    }
}
