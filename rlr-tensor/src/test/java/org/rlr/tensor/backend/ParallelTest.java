package org.rlr.tensor.backend;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Collections;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.Test;
import org.rlr.tensor.Tensor;
import org.rlr.tensor.TensorScope;

class ParallelTest {
    private static final int MOST_COLLECTIONS = 200;

    @Test
    void rangesDependOnlyOnTheSize() {
        for (int n : new int[] {0, 1, 99, 100, 6400, 1_000_003}) {
            Set<String> expected = ranges(1, n);
            for (int threads : new int[] {2, 3, 16}) {
                assertEquals(expected, ranges(threads, n));
            }
            assertTrue(expected.size() <= Parallel.RANGES);
        }
    }

    private static Set<String> ranges(int threads, int n) {
        Set<String> ranges = Collections.synchronizedSet(new TreeSet<>());
        AtomicInteger elements = new AtomicInteger();
        try (Parallel parallel = new Parallel(threads)) {
            parallel.forRange(n, 50, (from, to) -> {
                assertTrue(from < to);
                ranges.add(from + "-" + to);
                elements.addAndGet(to - from);
            });
        }
        assertEquals(n, elements.get());
        return ranges;
    }

    @Test
    void tasksRunOnAllThreadsAndAfterCloseOnTheCaller() {
        Parallel parallel = new Parallel(3);
        Set<Thread> used = ConcurrentHashMap.newKeySet();
        CountDownLatch all = new CountDownLatch(3);
        parallel.forEach(3, i -> {
            used.add(Thread.currentThread());
            all.countDown();
            await(all);
        });
        assertEquals(3, used.size());
        parallel.close();
        int[] runs = new int[5];
        parallel.forEach(5, i -> runs[i]++);
        assertArrayEquals(new int[] {1, 1, 1, 1, 1}, runs);
    }

    @Test
    void noThreadStartsBeforeItIsNeeded() {
        Set<Thread> before = Thread.getAllStackTraces().keySet();
        try (Parallel parallel = new Parallel(4)) {
            parallel.forEach(1, i -> {});
            assertFalse(Thread.getAllStackTraces().keySet().stream()
                    .anyMatch(t -> !before.contains(t) && t.getName().startsWith("rlr-worker-")));
        }
    }

    @Test
    void aTaskMayUseItsOwnInstance() {
        AtomicInteger inner = new AtomicInteger();
        try (Parallel parallel = new Parallel(3)) {
            parallel.forEach(8, i -> parallel.forEach(8, j -> inner.incrementAndGet()));
        }
        assertEquals(64, inner.get());
    }

    @Test
    void theInterruptStatusOfTheCallerStaysSet() {
        try (Parallel parallel = new Parallel(2)) {
            Thread.currentThread().interrupt();
            CountDownLatch both = new CountDownLatch(2);
            parallel.forEach(2, i -> {
                both.countDown();
                while (both.getCount() > 0) {
                    Thread.onSpinWait();
                }
            });
            assertTrue(Thread.interrupted());
        }
    }

    @Test
    void aWorkerSurvivesATasksInterrupt() {
        try (Parallel parallel = new Parallel(2)) {
            for (int round = 0; round < 3; round++) {
                CountDownLatch both = new CountDownLatch(2);
                Thread caller = Thread.currentThread();
                parallel.forEach(2, i -> {
                    both.countDown();
                    await(both);
                    if (Thread.currentThread() != caller) {
                        Thread.currentThread().interrupt();
                    }
                });
            }
        }
    }

    @Test
    void workersInheritNothingFromTheirCaller() {
        InheritableThreadLocal<String> local = new InheritableThreadLocal<>();
        local.set("the caller's");
        Thread caller = Thread.currentThread();
        ClassLoader before = caller.getContextClassLoader();
        caller.setContextClassLoader(new ClassLoader(before) {});
        Set<Object> seen = ConcurrentHashMap.newKeySet();
        try (Parallel parallel = new Parallel(2)) {
            CountDownLatch both = new CountDownLatch(2);
            parallel.forEach(2, i -> {
                both.countDown();
                await(both);
                if (Thread.currentThread() != caller) {
                    seen.add(String.valueOf(local.get()));
                    seen.add(Thread.currentThread().getContextClassLoader());
                }
            });
        } finally {
            caller.setContextClassLoader(before);
            local.remove();
        }
        assertEquals(Set.of("null", Parallel.class.getClassLoader()), seen);
    }

    @Test
    void threadsOfUnclosedBackendsEndWithAWarning() throws InterruptedException {
        int forgotten = 50;
        AtomicInteger warnings = new AtomicInteger();
        Logger logger = Logger.getLogger(Parallel.class.getName());
        Handler counter = new Handler() {
            @Override
            public void publish(LogRecord warning) {
                warnings.addAndGet(warning.getMessage().contains("was never closed") ? 1 : 0);
            }

            @Override
            public void flush() {}

            @Override
            public void close() {}
        };
        logger.addHandler(counter);
        logger.setUseParentHandlers(false);
        try {
            long before = workers();
            for (int i = 0; i < forgotten; i++) {
                compute(Backends.open("cpu", BackendSettings.DEFAULTS.withThreads(3)));
            }
            for (int i = 0; i < MOST_COLLECTIONS && (workers() > before || warnings.get() < forgotten); i++) {
                System.gc();
                Thread.sleep(20);
            }
            assertTrue(workers() <= before, workers() + " workers, " + before + " before");
            assertEquals(forgotten, warnings.get());
            try (Backend closed = Backends.open("cpu", BackendSettings.DEFAULTS.withThreads(3))) {
                compute(closed);
            }
            System.gc();
            assertEquals(forgotten, warnings.get());
        } finally {
            logger.removeHandler(counter);
            logger.setUseParentHandlers(true);
        }
    }

    private static long workers() {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(t -> t.getName().startsWith("rlr-worker-"))
                .count();
    }

    private static void compute(Backend backend) {
        try (TensorScope scope = TensorScope.inference(backend)) {
            assertEquals(100_000, Tensor.full(1, 100_000).sum(0).item());
        }
        AtomicInteger runs = new AtomicInteger();
        backend.onHost(3, i -> runs.incrementAndGet());
        assertEquals(3, runs.get());
    }

    private static void await(CountDownLatch latch) {
        try {
            assertTrue(latch.await(1, TimeUnit.MINUTES), "three tasks do not run at once");
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
