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
 * The detectors of a process: one for each key, shared by all tasks that use it. A detector without a task stays open
 * for the next task. It is closed after a minute, or at once if a detector of another key is opened.
 */
final class DetectorPool<D extends Detector> {
    private static final int IDLE_SECONDS = 60;

    private final Executor afterIdle;
    private final Map<Object, Entry<D>> entries = new HashMap<>();

    DetectorPool() {
        this(CompletableFuture.delayedExecutor(IDLE_SECONDS, TimeUnit.SECONDS));
    }

    /** @param afterIdle runs a command when a detector has been idle for long enough */
    DetectorPool(Executor afterIdle) {
        this.afterIdle = afterIdle;
    }

    /** Leases a detector to a task. Opens it if needed; other tasks wait meanwhile. */
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

    /** Closes all idle detectors. */
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
        /** Read-locked by tasks that share the memory, write-locked by a task that needs all of it. */
        final ReadWriteLock memory = new ReentrantReadWriteLock(true);

        int tasks;
        int changes;

        Entry(D detector) {
            this.detector = detector;
        }
    }

    /** A detector leased to a task. */
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
         * Examines an image in parallel with other tasks of this process; if memory is short, examines it again, alone.
         *
         * @throws ResourceException as the work does
         * @throws OutOfMemoryError if the work throws it even when it runs alone
         */
        <T> T examine(Supplier<T> work) {
            try {
                return locked(entry.memory.readLock(), work);
            } catch (ResourceException e) {
                if (e.resource() != ResourceException.Resource.MEMORY) {
                    throw e;
                }
            } catch (OutOfMemoryError e) {
                // thrown outside the backend's calls
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

        /** Returns the detector; a second call does nothing. */
        @Override
        public void close() {
            if (!released.getAndSet(true)) {
                release(entry);
            }
        }
    }
}
