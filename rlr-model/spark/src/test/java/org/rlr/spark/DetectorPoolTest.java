package org.rlr.spark;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.rlr.model.detect.AnomalyDetector;
import org.rlr.tensor.ResourceException;

/** One detector serves all tasks, and is closed after being idle. */
class DetectorPoolTest {
    private final Queue<Runnable> minute = new ArrayDeque<>();
    private final DetectorPool<AnomalyDetector> pool = new DetectorPool<>(minute::add);
    private final List<AnomalyDetector> opened = new ArrayList<>();

    private DetectorPool<AnomalyDetector>.Lease lease(String key) {
        return pool.lease(key, () -> {
            opened.add(AnomalyDetector.load(Cluster.MODEL));
            return opened.get(opened.size() - 1);
        });
    }

    private static void assertClosed(AnomalyDetector detector) {
        assertThrows(IllegalStateException.class, detector::memory);
    }

    @Test
    void tasksShareADetectorThatStaysForAMinute() {
        DetectorPool<AnomalyDetector>.Lease first = lease("a");
        DetectorPool<AnomalyDetector>.Lease second = lease("a");
        assertSame(first.detector(), second.detector());
        first.close();
        first.close(); // counts once
        assertEquals(0, minute.size());
        second.close();
        DetectorPool<AnomalyDetector>.Lease third = lease("a");
        minute.remove().run(); // it has a task again
        assertSame(opened.get(0), third.detector());
        third.detector().memory();
        third.close();
        minute.remove().run();
        assertClosed(opened.get(0));
        try (DetectorPool<AnomalyDetector>.Lease fourth = lease("a")) {
            assertNotSame(opened.get(0), fourth.detector());
        }
        minute.remove().run();
        assertClosed(opened.get(1));
    }

    @Test
    void anIdleDetectorMakesRoomForAnother() {
        DetectorPool<AnomalyDetector>.Lease busy = lease("a");
        lease("b").close();
        try (DetectorPool<AnomalyDetector>.Lease other = lease("c")) {
            assertClosed(opened.get(1));
            busy.detector().memory();
            other.detector().memory();
        }
        busy.close();
        pool.closeIdle();
        opened.forEach(DetectorPoolTest::assertClosed);
        minute.forEach(Runnable::run); // nothing is left to close
    }

    @Test
    void whatLacksMemoryBesideOthersIsDoneAlone() throws Exception {
        CountDownLatch neighbourWorks = new CountDownLatch(1);
        CountDownLatch neighbourMayEnd = new CountDownLatch(1);
        List<String> order = Collections.synchronizedList(new ArrayList<>());
        try (DetectorPool<AnomalyDetector>.Lease task = lease("a");
                DetectorPool<AnomalyDetector>.Lease neighbour = lease("a")) {
            CompletableFuture<Boolean> other = CompletableFuture.supplyAsync(() -> neighbour.examine(() -> {
                neighbourWorks.countDown();
                awaitUnchecked(neighbourMayEnd);
                return order.add("neighbour");
            }));
            neighbourWorks.await();
            boolean[] tried = {false};
            boolean done = task.examine(() -> {
                if (!tried[0]) {
                    tried[0] = true;
                    neighbourMayEnd.countDown();
                    throw new ResourceException(ResourceException.Resource.MEMORY, "short", "", null);
                }
                return order.add("alone");
            });
            assertTrue(done && other.get());
            assertEquals(List.of("neighbour", "alone"), order);
            int[] calls = {0};
            assertThrows(
                    OutOfMemoryError.class,
                    () -> task.examine(() -> {
                        calls[0]++;
                        throw new OutOfMemoryError("Java heap space");
                    }));
            assertEquals(2, calls[0]);
            assertThrows(
                    ResourceException.class,
                    () -> task.examine(() -> {
                        calls[0]++;
                        throw new ResourceException(ResourceException.Resource.BACKEND, "none", "", null);
                    }));
            assertEquals(3, calls[0]);
        }
    }

    private static void awaitUnchecked(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void oneThatCannotBeOpenedIsTriedAgain() {
        assertThrows(
                IllegalArgumentException.class,
                () -> pool.lease("a", () -> {
                    throw new IllegalArgumentException();
                }));
        lease("a").close();
        pool.closeIdle();
        assertEquals(1, opened.size());
    }
}
