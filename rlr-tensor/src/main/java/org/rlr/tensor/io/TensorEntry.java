package org.rlr.tensor.io;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The header entry of one tensor in a SafeTensors file.
 *
 * @param name its name in the file
 * @param dtype its element type
 * @param shape its extents, row-major; empty for a scalar
 * @param elements the product of the shape
 * @param offset start of its data, counted from the end of the header
 */
public record TensorEntry(String name, DType dtype, long[] shape, long elements, long offset) {
    /** Takes a copy of the shape. */
    public TensorEntry {
        shape = shape.clone();
    }

    /** {@return a copy of the shape} */
    @Override
    public long[] shape() {
        return shape.clone();
    }

    /** {@return the length of the tensor's data in bytes} */
    public long bytes() {
        return elements * dtype.bytes();
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof TensorEntry that
                && name.equals(that.name)
                && dtype == that.dtype
                && Arrays.equals(shape, that.shape)
                && elements == that.elements
                && offset == that.offset;
    }

    @Override
    public int hashCode() {
        return name.hashCode() * 31 + Arrays.hashCode(shape);
    }

    @Override
    public String toString() {
        return name + " " + dtype + Arrays.toString(shape);
    }
}
