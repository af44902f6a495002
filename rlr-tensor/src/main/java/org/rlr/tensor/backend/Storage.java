package org.rlr.tensor.backend;

import java.util.concurrent.atomic.AtomicInteger;

/**
 * A block of device memory holding {@code elements} float32 values, counted by reference because views share it. It
 * starts with one reference; the last {@link #release()} gives the memory back to its backend.
 */
public abstract class Storage {
    private final int elements;
    private final AtomicInteger references = new AtomicInteger(1);

    protected Storage(int elements) {
        this.elements = elements;
    }

    /** {@return the number of float32 values} */
    public final int elements() {
        return elements;
    }

    /** {@return whether the memory is still held} */
    public final boolean alive() {
        return references.get() > 0;
    }

    /**
     * Adds a reference.
     *
     * @throws IllegalStateException if the memory was given back already
     */
    public final void retain() {
        if (references.getAndUpdate(n -> n > 0 ? n + 1 : n) <= 0) {
            throw new IllegalStateException("storage was released already");
        }
    }

    /**
     * Drops a reference.
     *
     * @throws IllegalStateException if there was none left
     */
    public final void release() {
        int left = references.decrementAndGet();
        if (left == 0) {
            free();
        } else if (left < 0) {
            throw new IllegalStateException("storage released more often than retained");
        }
    }

    /** Gives the memory back; called once. */
    protected abstract void free();
}
