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
import org.junit.jupiter.api.Test;

class ParallelTest {

    @Test
    void rangesFollowFromTheSizeAlone() {
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
    void tasksRunOnAsManyThreadsAsThereAreAndAfterwardsWithoutThem() {
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
    void aTaskMayUseWhatRunsIt() {
        AtomicInteger inner = new AtomicInteger();
        try (Parallel parallel = new Parallel(3)) {
            parallel.forEach(8, i -> parallel.forEach(8, j -> inner.incrementAndGet()));
        }
        assertEquals(64, inner.get());
    }

    private static void await(CountDownLatch latch) {
        try {
            assertTrue(latch.await(1, TimeUnit.MINUTES), "three tasks do not run at once");
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
