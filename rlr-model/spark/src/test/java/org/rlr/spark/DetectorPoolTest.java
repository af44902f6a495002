package org.rlr.spark;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import org.junit.jupiter.api.Test;
import org.rlr.model.detect.AnomalyDetector;

/** One detector for all tasks, which is closed when it has been idle. */
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
