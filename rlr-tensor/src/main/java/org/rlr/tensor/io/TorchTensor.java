package org.rlr.tensor.io;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A tensor in a {@link TorchCheckpoint}: a view of a storage that tensors can share. The checkpoint's methods read its
 * values.
 *
 * @param dtype its element type
 * @param shape its extents; empty for a scalar
 * @param strides storage elements between neighbours along each axis, at least 0
 * @param offset index of the tensor's first element in the storage
 * @param storage the key of its storage in the file
 */
public record TorchTensor(TorchDType dtype, long[] shape, long[] strides, long offset, String storage) {
    /** Copies the arrays. */
    public TorchTensor {
        shape = shape.clone();
        strides = strides.clone();
    }

    /** {@return a copy of the shape} */
    @Override
    public long[] shape() {
        return shape.clone();
    }

    /** {@return a copy of the strides} */
    @Override
    public long[] strides() {
        return strides.clone();
    }

    /** {@return the product of the shape} */
    public long elements() {
        long product = 1;
        for (long length : shape) {
            product *= length;
        }
        return product;
    }

    /** Returns the storage index of the tensor's last element in memory; the offset if the tensor is empty. */
    long last() {
        long last = offset;
        for (int i = 0; i < shape.length; i++) {
            last += Math.max(0, shape[i] - 1) * strides[i];
        }
        return last;
    }

    /** Returns whether its elements are contiguous, row-major. */
    boolean isContiguous() {
        long expected = 1;
        for (int i = shape.length - 1; i >= 0; i--) {
            if (shape[i] != 1 && strides[i] != expected) {
                return false;
            }
            expected *= shape[i];
        }
        return true;
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof TorchTensor that
                && dtype == that.dtype
                && Arrays.equals(shape, that.shape)
                && Arrays.equals(strides, that.strides)
                && offset == that.offset
                && storage.equals(that.storage);
    }

    @Override
    public int hashCode() {
        return storage.hashCode() * 31 + Arrays.hashCode(shape);
    }

    @Override
    public String toString() {
        return dtype + Arrays.toString(shape);
    }
}
