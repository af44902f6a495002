package org.rlr.tensor.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.rlr.tensor.Shape;
import org.rlr.tensor.Tensor;
import org.rlr.tensor.TensorScope;
import org.rlr.tensor.autograd.Functions;
import org.rlr.tensor.backend.Backend;
import org.rlr.tensor.backend.BackendSettings;
import org.rlr.tensor.backend.Storage;
import org.rlr.tensor.backend.View;

/** The cache of the CPU backend and its limits. */
class CpuMemoryTest {
    private static final int SIDE = 300;

    private static Backend keeping(long bytes) {
        return keeping(bytes, 2);
    }

    private static Backend keeping(long bytes, int threads) {
        return new CpuBackend(
                KernelChoice.choose(),
                BackendSettings.DEFAULTS.withThreads(threads).withKeptBytes(bytes));
    }

    private static float[] array(Storage storage) {
        return CpuStorage.array(new View(storage, 0, Shape.of(storage.elements())));
    }

    private static float product(Backend backend) {
        try (TensorScope scope = TensorScope.inference(backend)) {
            Tensor ones = Tensor.full(1, SIDE, SIDE);
            return Functions.matmul(ones, false, ones, true).sum(0).sum(1).item();
        }
    }

    @Test
    void theLongestIdleArrayIsDroppedFirst() {
        try (Backend backend = keeping(4 * 64 * 10)) {
            List<Storage> few =
                    IntStream.range(0, 10).mapToObj(i -> backend.allocate(64)).toList();
            float[] last = array(few.get(9));
            few.forEach(Storage::release);
            assertEquals(4 * 64 * 10, backend.memory().held());
            Storage large = backend.allocate(128);
            float[] newest = array(large);
            large.release();
            assertEquals(4 * 64 * 10, backend.memory().held(), "two small arrays are dropped");
            Storage again = backend.allocate(128);
            assertSame(newest, array(again));
            Storage small = backend.allocate(64);
            assertSame(last, array(small));
            again.release();
            small.release();
            backend.allocate(64 * 11).release();
            assertEquals(4 * 64 * 10, backend.memory().held(), "an array above the limit is not cached");
        }
    }

    @Test
    void aCacheOfSizeZeroKeepsNothing() {
        try (Backend backend = keeping(0)) {
            assertEquals((float) SIDE * SIDE * SIDE, product(backend));
            assertEquals(0, backend.memory().held());
        }
    }

    /** With one thread: of several, one may be idle in the first call and need its own array in the second. */
    @Test
    void workingArraysCountAndAreTrimmed() {
        try (Backend backend = keeping(1 << 30, 1)) {
            product(backend);
            long with = backend.memory().held();
            assertTrue(with > 4L * SIDE * SIDE * 3, with + " bytes are less than three matrices plus packing");
            product(backend);
            assertEquals(with, backend.memory().held(), "a second call allocates no memory");
            backend.trim();
            assertEquals(0, backend.memory().held());
            assertEquals((float) SIDE * SIDE * SIDE, product(backend));
        }
    }

    @Test
    void oneSetOfWorkingArraysPerComputingThread() throws Exception {
        try (Backend backend = keeping(1 << 30, 1)) {
            product(backend);
            long one = backend.memory().held();
            for (int i = 0; i < 100; i++) {
                Thread thread = new Thread(() -> product(backend));
                thread.start();
                thread.join();
            }
            assertEquals(one, backend.memory().held());
        }
    }

    /** After computing, a thread holds no working arrays. */
    @Test
    void nothingStaysBorrowed() throws Exception {
        ExecutorService pool = Executors.newFixedThreadPool(4);
        try (Backend backend = keeping(1 << 30)) {
            CountDownLatch all = new CountDownLatch(4);
            List<Future<Boolean>> borrowed = IntStream.range(0, 4)
                    .mapToObj(i -> pool.submit(() -> {
                        all.countDown();
                        all.await();
                        product(backend);
                        return Scratch.isBorrowed();
                    }))
                    .toList();
            for (Future<Boolean> each : borrowed) {
                assertFalse(each.get());
            }
        } finally {
            pool.shutdown();
        }
    }
}
