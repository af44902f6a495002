package org.rlr.tensor.cpu;

import java.lang.ref.SoftReference;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * The working arrays of a backend's threads and its callers' threads. A thread borrows a {@link Scratch} for a
 * primitive, or its part of one, and returns it. So the pool needs only one per computing thread, and an idle thread
 * holds none. Idle arrays are softly reachable.
 */
final class ScratchPool {
    private static final int FEWEST_PLACES = 16;
    /** References per cache line, so that threads do not share one. */
    private static final int STRIDE = 16;

    private final AtomicReferenceArray<@Nullable Idle> places;
    private final int count;
    private final long limit;
    private final AtomicLong bytes = new AtomicLong();

    /** Refers to idle working arrays. */
    static final class Idle extends SoftReference<Scratch> {
        /** Their size when last returned. */
        private long bytes;

        Idle(Scratch scratch) {
            super(scratch);
        }
    }

    /**
     * @param threads the backend's number of threads
     * @param limit maximum bytes of all working arrays; excess arrays are dropped
     */
    ScratchPool(int threads, long limit) {
        count = Math.max(FEWEST_PLACES, Integer.highestOneBit(threads) << 2);
        places = new AtomicReferenceArray<>(count * STRIDE);
        this.limit = limit;
    }

    /** Runs work on this thread with working arrays; reuses those that the thread has already borrowed. */
    void run(Runnable work) {
        if (Scratch.isBorrowed()) {
            work.run();
            return;
        }
        Scratch scratch = borrow();
        try {
            scratch.lend(work);
        } finally {
            giveBack(scratch);
        }
    }

    /** Returns the slot of a search attempt. A thread starts at its own slot, whose arrays are in its core's caches. */
    private int place(int attempt) {
        return (((int) Thread.currentThread().getId() + attempt) & (count - 1)) * STRIDE;
    }

    private Scratch borrow() {
        for (int i = 0; i < count; i++) {
            int place = place(i);
            Idle idle = places.get(place);
            if (idle != null && places.compareAndSet(place, idle, null)) {
                Scratch scratch = idle.get();
                if (scratch != null) {
                    return scratch;
                }
                bytes.addAndGet(-idle.bytes);
            }
        }
        return new Scratch();
    }

    private void giveBack(Scratch scratch) {
        Idle idle = scratch.idle;
        long size = scratch.bytes();
        if (size != idle.bytes) {
            bytes.addAndGet(size - idle.bytes);
            idle.bytes = size;
        }
        for (int i = 0; i < count && bytes.get() <= limit; i++) {
            if (places.compareAndSet(place(i), null, idle)) {
                return;
            }
        }
        bytes.addAndGet(-size);
    }

    /** As {@link #bytes}, without the arrays that the JVM has reclaimed. */
    long counted() {
        return bytes.get();
    }

    /** Returns the size of all working arrays; for those in use, the size when last returned. */
    long bytes() {
        for (int i = 0; i < count; i++) {
            Idle idle = places.get(i * STRIDE);
            if (idle != null && idle.refersTo(null)) {
                forget(i * STRIDE, idle);
            }
        }
        return bytes.get();
    }

    /** Drops the idle working arrays. */
    void trim() {
        for (int i = 0; i < count; i++) {
            Idle idle = places.get(i * STRIDE);
            if (idle != null) {
                forget(i * STRIDE, idle);
            }
        }
    }

    private void forget(int place, Idle idle) {
        if (places.compareAndSet(place, idle, null)) {
            bytes.addAndGet(-idle.bytes);
        }
    }
}
