package org.rlr.cuda;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.rlr.cuda.driver.CudaFailure;
import org.rlr.cuda.driver.DeviceBuffer;
import org.rlr.cuda.driver.Kernel;
import org.rlr.cuda.standin.KernelFixture;
import org.rlr.cuda.standin.StandIn;

/** The stand-in detects each kind of error, and accepts correct kernels. */
@Tag(StandIn.TAG)
class StandInTest {
    private static final int N = 64;
    private static KernelFixture fixture;
    private DeviceBuffer x;
    private DeviceBuffer y;

    @BeforeAll
    static void load() {
        fixture = new KernelFixture(CudaEngine.class, "faults.cu", CudaEngine::prelude);
    }

    @AfterAll
    static void close() {
        if (fixture != null) {
            fixture.close();
        }
    }

    @BeforeEach
    void allocate() {
        x = fixture.allocator.allocate(4 * N);
        y = fixture.allocator.allocate(4 * N);
        fixture.transfers.upload(values(), 0, x, 0, N);
    }

    @AfterEach
    void release() {
        fixture.allocator.release(x);
        fixture.allocator.release(y);
    }

    private static float[] values() {
        float[] values = new float[N];
        for (int i = 0; i < N; i++) {
            values[i] = i + 0.5f;
        }
        return values;
    }

    private Kernel.Launch launch(String kernel) {
        return fixture.kernel(kernel)
                .launch()
                .pointer(x.address())
                .pointer(y.address())
                .put(N);
    }

    @Test
    void aCorrectKernelRuns() {
        launch("correct").run(3, 2, N);
        float[] result = new float[N];
        fixture.transfers.download(y, 0, result, 0, N);
        float[] expected = new float[N];
        for (int i = 0; i < N; i++) {
            expected[i] = N - 1 - i + 0.5f + 32;
        }
        assertArrayEquals(expected, result);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "readsBeyond | thread 63: read of global memory out of bounds: byte 256 of an allocation of 256 bytes",
                "readsBefore | thread 0: read of global memory out of bounds: 4 bytes before an allocation of "
                        + "256 bytes",
                "writesBeyond | thread 63: write to global memory out of bounds: byte 256 of an allocation of "
                        + "256 bytes",
                "readsFarAway | neither device nor shared memory",
                "readsNull | neither device nor shared memory",
                "readsWhatNobodyWrote | read of global memory never written",
                "sharedBeyond | thread 63: write to shared memory out of bounds: byte 256 of array 'row' of 256 bytes",
                "sharedUnwritten | thread 63: read of shared memory that was never written: byte 256 of array 'row'",
                "sharedOfTheBlockBefore | block (1,0,0), thread 0: read of shared memory that was never written",
                "barrierForSome | divergent barrier: thread 0 waits at the barrier",
                "differentBarriers | divergent barrier: thread 0 waits at the barrier",
                "barrierInSomeRounds | divergent barrier: thread 0 has ended; thread 32 waits at the barrier",
                "shuffleOfHalfAWarp | divergent barrier: thread 0 waits at the warp collective",
                "readsWithoutBarrier | race in shared memory: read of what was written by thread 0",
                "overwritesWithoutBarrier | thread 1: race in shared memory: write over what was read by thread 0",
                "syncsOnlyItsWarp | thread 32: race in shared memory: read of what was written by thread 16"
            })
    void aMistakeEndsTheLaunch(String kernel, String message) {
        CudaFailure e = assertThrows(CudaFailure.class, () -> launch(kernel).run(2, 1, N));
        assertTrue(e.getMessage().contains("kernel " + kernel) && e.getMessage().contains(message), e.getMessage());
        aCorrectKernelRuns();
    }

    @Test
    void theArgumentsMustBeThoseOfTheFile() {
        assertTrue(assertThrows(
                        IllegalArgumentException.class,
                        () -> fixture.kernel("correct").launch().pointer(1).put(2))
                .getMessage()
                .contains("argument 1 is 1 of INT, expected 1 of POINTER, 'y'"));
        assertTrue(assertThrows(
                        IllegalArgumentException.class,
                        () -> fixture.kernel("correct").launch().pointer(1).run(1))
                .getMessage()
                .contains("takes 3 arguments, but got 1"));
        assertTrue(assertThrows(
                        IllegalArgumentException.class, () -> launch("correct").put(1))
                .getMessage()
                .contains("expected none"));
        assertEquals(
                "there is no kernel nothing",
                assertThrows(IllegalArgumentException.class, () -> fixture.kernel("nothing"))
                        .getMessage());
    }

    @Test
    void anImpossibleLaunchIsRefused() {
        assertTrue(assertThrows(CudaFailure.class, () -> launch("correct").run(1, 1, 2048))
                .getMessage()
                .contains("2048x1x1 threads"));
        assertTrue(assertThrows(CudaFailure.class, () -> launch("correct").run(1, 70_000, N))
                .getMessage()
                .contains("1x70000x1 blocks"));
    }
}
