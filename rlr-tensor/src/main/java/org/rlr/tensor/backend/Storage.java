package org.rlr.tensor.backend;

import java.util.concurrent.atomic.AtomicInteger;

/**
 * A reference-counted block of device memory with {@code elements} float32 values, shared by views. It starts with one
 * reference; the last {@link #release()} returns the memory to its backend.
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

    /** {@return whether the memory is not yet released} */
    public final boolean alive() {
        return references.get() > 0;
    }

    /**
     * Adds a reference.
     *
     * @throws IllegalStateException if the memory was released already
     */
    public final void retain() {
        if (references.getAndUpdate(n -> n > 0 ? n + 1 : n) <= 0) {
            throw new IllegalStateException("retain() on a storage that was already released");
        }
    }

    /**
     * Drops a reference.
     *
     * @throws IllegalStateException if no reference was left
     */
    public final void release() {
        int left = references.decrementAndGet();
        if (left == 0) {
            free();
        } else if (left < 0) {
            throw new IllegalStateException("storage released more often than retained");
        }
    }

    /** Returns the memory to the backend; called once. */
    protected abstract void free();
}
