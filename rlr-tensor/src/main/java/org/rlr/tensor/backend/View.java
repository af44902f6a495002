package org.rlr.tensor.backend;

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
