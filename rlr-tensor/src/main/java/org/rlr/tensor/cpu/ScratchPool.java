package org.rlr.tensor.cpu;

import java.lang.ref.SoftReference;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * The working arrays of a backend's threads, its own and its callers'. A thread borrows a {@link Scratch} for a
 * primitive, or for its part of one, and gives it back, so that there are as many as threads compute at once and
 * nothing stays behind in a thread. Those that nobody uses are softly reachable.
 */
final class ScratchPool {
    private static final int FEWEST_PLACES = 16;
    /** References in a cache line, so that threads do not compete for one. */
    private static final int STRIDE = 16;

    private final AtomicReferenceArray<@Nullable Idle> places;
    private final int count;
    private final long limit;
    private final AtomicLong bytes = new AtomicLong();

    /** Keeps working arrays that nobody uses. */
    static final class Idle extends SoftReference<Scratch> {
        /** Their size when they were given back last. */
        private long bytes;

        Idle(Scratch scratch) {
            super(scratch);
        }
    }

    /**
     * @param threads those of the backend
     * @param limit most bytes of all working arrays; what exceeds it is not kept
     */
    ScratchPool(int threads, long limit) {
        count = Math.max(FEWEST_PLACES, Integer.highestOneBit(threads) << 2);
        places = new AtomicReferenceArray<>(count * STRIDE);
        this.limit = limit;
    }

    /** Runs work of this thread with working arrays, which are those it has where it has borrowed some already. */
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

    /** A thread begins to look at a place of its own: its arrays are in the caches of its core. */
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

    /** As {@link #bytes}, with what the JVM has taken meanwhile. */
    long counted() {
        return bytes.get();
    }

    /** The size of all working arrays, of those in use as it was when they were given back last. */
    long bytes() {
        for (int i = 0; i < count; i++) {
            Idle idle = places.get(i * STRIDE);
            if (idle != null && idle.refersTo(null)) {
                forget(i * STRIDE, idle);
            }
        }
        return bytes.get();
    }

    /** Forgets the working arrays that nobody uses. */
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
