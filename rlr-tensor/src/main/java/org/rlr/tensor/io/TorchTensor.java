package org.rlr.tensor.io;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A tensor in a {@link TorchCheckpoint}: a view of a storage, which other tensors may view too. Its values are read by
 * the checkpoint's methods.
 *
 * @param dtype its element type
 * @param shape its lengths; empty for a scalar
 * @param strides elements of the storage between neighbours along each axis, not negative
 * @param offset the storage's element that is the tensor's first
 * @param storage the key of its storage in the file
 */
public record TorchTensor(TorchDType dtype, long[] shape, long[] strides, long offset, String storage) {
    /** Takes copies of the arrays. */
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

    /** The element of the storage that is the tensor's last in memory; its offset where it is empty. */
    long last() {
        long last = offset;
        for (int i = 0; i < shape.length; i++) {
            last += Math.max(0, shape[i] - 1) * strides[i];
        }
        return last;
    }

    /** Whether its elements lie one after the other, row-major. */
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
