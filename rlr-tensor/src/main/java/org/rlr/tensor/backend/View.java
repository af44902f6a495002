package org.rlr.tensor.backend;

import org.rlr.tensor.ResourceException;
import org.rlr.tensor.Shape;

/**
 * What a primitive works on: a contiguous row-major window of a storage.
 *
 * @param storage the memory
 * @param offset index of the first element in it
 * @param shape the extents; {@code offset + shape.elements()} does not exceed {@code storage.elements()}
 */
public record View(Storage storage, int offset, Shape shape) {
    /**
     * Checks that the window lies in the storage.
     *
     * @throws IllegalArgumentException if it does not
     */
    public View {
        if (offset < 0 || (long) offset + shape.elements() > storage.elements()) {
            throw new IllegalArgumentException("view of shape " + shape + " at " + offset + " exceeds a storage of "
                    + storage.elements() + " elements");
        }
    }

    /**
     * A view of memory of its own. Where even the view finds no room, the memory is given back.
     *
     * @param backend holds the storage
     * @param shape as many elements are allocated
     * @return a view of all of a new storage, which the caller releases; its values are undefined
     * @throws ResourceException if memory is short
     */
    public static View allocate(Backend backend, Shape shape) {
        return over(backend.allocate(shape.elements()), shape);
    }

    /**
     * A view that takes over a reference of its storage. Where the view finds no room, the reference is dropped.
     *
     * @param storage of at least as many elements as the shape
     * @param shape of the view, which begins with the first element
     * @return the view
     */
    public static View over(Storage storage, Shape shape) {
        try {
            return new View(storage, 0, shape);
        } catch (RuntimeException | Error e) {
            storage.release();
            throw e;
        }
    }

    /**
     * The same elements under another shape of as many elements.
     *
     * @param other of as many elements
     * @return a view of the same memory
     * @throws IllegalArgumentException if the numbers differ
     */
    public View reshape(Shape other) {
        if (other.elements() != shape.elements()) {
            throw new IllegalArgumentException("cannot view shape " + shape + " as " + other);
        }
        return new View(storage, offset, other);
    }

    /** {@return the number of elements} */
    public int elements() {
        return shape.elements();
    }
}
