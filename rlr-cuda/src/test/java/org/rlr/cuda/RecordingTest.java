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
import org.rlr.cuda.standin.StandIn;
import org.rlr.tensor.Shape;
import org.rlr.tensor.backend.AdamSettings;
import org.rlr.tensor.backend.Backend;
import org.rlr.tensor.backend.Backends;
import org.rlr.tensor.backend.Recording;
import org.rlr.tensor.backend.Storage;
import org.rlr.tensor.backend.View;

/**
 * Primitives captured into a graph and launched, on the stand-in, which keeps what is captured and runs it at each
 * launch as the driver does.
 */
@Tag(StandIn.TAG)
class RecordingTest {
    private static final int N = 12;
    /** Beyond 32 bits: both halves of a stream's number move on. */
    private static final int STREAMS = 1 << 30;

    private static final float RATE = 1e-2f;
    private Backend backend;

    @BeforeAll
    static void load() {
        StandIn.load();
    }

    @BeforeEach
    void open() {
        backend = Backends.open("cuda", 0);
    }

    @AfterEach
    void close() {
        assertEquals(0, backend.liveBytes(), "leaked");
        backend.close();
    }

    /** A step as a training makes it: noise on an input, a product, an optimiser. */
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

    private Recording record(Step steps, long step) {
        return backend.record(step, STREAMS, () -> steps.submit(step)).orElseThrow();
    }

    @Test
    void runsGiveTheBitsOfStepsSubmittedOneByOneWithTheirOwnNoiseAndCorrection() {
        try (Step plain = new Step();
                Step recorded = new Step()) {
            recorded.submit(0);
            plain.submit(0);
            try (Recording recording = record(recorded, 1)) {
                assertArrayEquals(plain.state(), recorded.state(), "recording runs nothing");
                for (long step = 1; step < 6; step++) {
                    plain.submit(step);
                    recording.run(step, RATE);
                    assertArrayEquals(plain.state(), recorded.state(), "step " + step);
                }
            }
        }
    }

    @Test
    void theLearningRateIsThatOfTheRun() {
        try (Step plain = new Step();
                Step recorded = new Step()) {
            try (Recording recording = record(recorded, 0)) {
                plain.submit(0, 0.25f);
                recording.run(0, 0.25f);
                assertArrayEquals(plain.state(), recorded.state());
            }
        }
    }

    /** What a graph computes with is nobody else's, even when its blocks are free. */
    @Test
    void memoryAllocatedAfterwardsIsNotOverwrittenByARun() {
        try (Step steps = new Step();
                Recording recording = record(steps, 0)) {
            View other = new View(backend.allocate(N * N), 0, Shape.of(N, N));
            backend.fill(other, 5);
            recording.run(0, RATE);
            float[] values = new float[N * N];
            backend.download(other, values, 0);
            float[] fives = new float[N * N];
            Arrays.fill(fives, 5);
            assertArrayEquals(fives, values);
            other.storage().release();
        }
    }

    @Test
    void aBodyThatTurnsToTheHostIsNotRecordedAndNothingIsLost() {
        try (Step steps = new Step()) {
            assertTrue(backend.record(0, STREAMS, steps::state).isEmpty());
            assertTrue(backend.record(0, STREAMS, () -> backend.upload(new float[N * N], 0, steps.x))
                    .isEmpty());
            assertTrue(backend.record(0, STREAMS, backend::synchronize).isEmpty());
            float[] before = steps.state();
            steps.submit(0);
            assertFalse(Arrays.equals(before, steps.state()));
            record(steps, 1).close();
        }
    }

    @Test
    void afterAFailureInTheBodyTheBackendGoesOn() {
        try (Step steps = new Step()) {
            assertThrows(
                    ArithmeticException.class,
                    () -> backend.record(0, STREAMS, () -> {
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
                IllegalStateException.class, () -> backend.record(0, STREAMS, () -> kept[0] = backend.allocate(N)));
        kept[0].release();
        try (Step steps = new Step();
                Recording recording = record(steps, 0)) {
            recording.close();
            assertThrows(IllegalStateException.class, () -> recording.run(0, RATE));
        }
    }

    @Test
    void forDebuggingNothingIsRecorded() {
        System.setProperty(CudaEngine.DEBUG, "true");
        try (Backend debugging = Backends.open("cuda", 0)) {
            assertEquals(Optional.empty(), debugging.record(0, 1, () -> {
                throw new AssertionError("the body must not be called");
            }));
        } finally {
            System.clearProperty(CudaEngine.DEBUG);
        }
    }
}
