package org.rlr.tensor.backend;

import org.rlr.tensor.ResourceException;
import org.rlr.tensor.Shape;

/**
 * A contiguous row-major part of a storage; the operand of primitives.
 *
 * @param storage the memory
 * @param offset index of the first element in the storage
 * @param shape the extents; {@code offset + shape.elements()} does not exceed {@code storage.elements()}
 */
public record View(Storage storage, int offset, Shape shape) {
    /**
     * Checks that the view lies in the storage.
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
     * Allocates a storage and a view of it. If creating the view fails, the storage is released.
     *
     * @param backend allocates the storage
     * @param shape the shape of the view
     * @return a view of the whole new storage, which the caller releases; its values are undefined
     * @throws ResourceException if there is not enough memory
     */
    public static View allocate(Backend backend, Shape shape) {
        return over(backend.allocate(shape.elements()), shape);
    }

    /**
     * Creates a view that takes over a reference to its storage. If that fails, the reference is dropped.
     *
     * @param storage a storage with at least the shape's number of elements
     * @param shape the shape of the view, which starts at the first element
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
     * Returns the same elements with another shape.
     *
     * @param other a shape with the same number of elements
     * @return a view of the same memory
     * @throws IllegalArgumentException if the numbers of elements differ
     */
    public View reshape(Shape other) {
        if (other.elements() != shape.elements()) {
            throw new IllegalArgumentException(
                    "cannot view shape " + shape + " as " + other + ": the numbers of elements differ");
        }
        return new View(storage, offset, other);
    }

    /** {@return the number of elements} */
    public int elements() {
        return shape.elements();
    }
}
