package org.rlr.spark;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.Supplier;
import org.rlr.model.detect.Detector;
import org.rlr.tensor.ResourceException;

/**
 * The detectors of a process: one for each key, whatever the number of tasks that use it. A detector without a task
 * stays open for the next one, and is closed after a minute, or at once where one of another key is opened.
 */
final class DetectorPool<D extends Detector> {
    private static final int IDLE_SECONDS = 60;

    private final Executor afterIdle;
    private final Map<Object, Entry<D>> entries = new HashMap<>();

    DetectorPool() {
        this(CompletableFuture.delayedExecutor(IDLE_SECONDS, TimeUnit.SECONDS));
    }

    /** @param afterIdle runs what it is given when a detector has been without tasks for long enough */
    DetectorPool(Executor afterIdle) {
        this.afterIdle = afterIdle;
    }

    /** Takes a detector for a task, opening it where there is none; the others wait meanwhile. */
    synchronized Lease lease(Object key, Supplier<D> opener) {
        Entry<D> entry = entries.get(key);
        if (entry == null) {
            closeIdle();
            entry = new Entry<>(opener.get());
            entries.put(key, entry);
        }
        entry.tasks++;
        entry.changes++;
        return new Lease(entry);
    }

    /** Closes all detectors that no task uses. */
    synchronized void closeIdle() {
        List<Entry<D>> idle = new ArrayList<>(entries.values());
        idle.removeIf(entry -> entry.tasks > 0);
        entries.values().removeAll(idle);
        idle.forEach(entry -> entry.detector.close());
    }

    private synchronized void release(Entry<D> entry) {
        entry.tasks--;
        int change = ++entry.changes;
        if (entry.tasks == 0) {
            afterIdle.execute(() -> closeUnused(entry, change));
        }
    }

    private synchronized void closeUnused(Entry<D> entry, int change) {
        if (entry.changes == change && entries.values().remove(entry)) {
            entry.detector.close();
        }
    }

    private static final class Entry<D> {
        final D detector;
        /** Read by those who share the memory, written by one who needs all of it. */
        final ReadWriteLock memory = new ReentrantReadWriteLock(true);

        int tasks;
        int changes;

        Entry(D detector) {
            this.detector = detector;
        }
    }

    /** A detector in the hands of a task. */
    final class Lease implements AutoCloseable {
        private final Entry<D> entry;
        private final AtomicBoolean released = new AtomicBoolean();

        private Lease(Entry<D> entry) {
            this.entry = entry;
        }

        D detector() {
            return entry.detector;
        }

        /**
         * Examines an image beside those of the other tasks of this process and, where memory is too short for that,
         * once more, alone.
         *
         * @throws ResourceException as the work does
         * @throws OutOfMemoryError if the work throws it when it is alone, too
         */
        <T> T examine(Supplier<T> work) {
            try {
                return locked(entry.memory.readLock(), work);
            } catch (ResourceException e) {
                if (e.resource() != ResourceException.Resource.MEMORY) {
                    throw e;
                }
            } catch (OutOfMemoryError e) {
                // in code between the calls of the backend
            }
            return locked(entry.memory.writeLock(), () -> {
                entry.detector.trim();
                return work.get();
            });
        }

        private static <T> T locked(Lock lock, Supplier<T> work) {
            lock.lock();
            try {
                return work.get();
            } finally {
                lock.unlock();
            }
        }

        /** Gives the detector back; may be called again. */
        @Override
        public void close() {
            if (!released.getAndSet(true)) {
                release(entry);
            }
        }
    }
}
