package org.rlr.tensor;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** The extents of a tensor, outermost first; always row-major and contiguous. A scalar has no extents. */
public final class Shape {
    private static final Shape SCALAR = new Shape();

    private final int[] extents;
    private final int elements;

    private Shape(int... extents) {
        this.extents = extents;
        long product = 1;
        for (int e : extents) {
            if (e < 0) {
                throw new IllegalArgumentException("negative extent in shape " + Arrays.toString(extents));
            }
            product *= e;
            if (product > Integer.MAX_VALUE) {
                throw new IllegalArgumentException(
                        "shape " + Arrays.toString(extents) + " has more than 2^31-1 elements");
            }
        }
        this.elements = (int) product;
    }

    /**
     * A shape of the given extents.
     *
     * @param extents outermost first, each at least 0; copied
     * @return the shape; a scalar's shape if there are no extents
     * @throws IllegalArgumentException if an extent is negative or the product exceeds 2³¹−1
     */
    public static Shape of(int... extents) {
        return extents.length == 0 ? SCALAR : new Shape(extents.clone());
    }

    /** {@return the number of axes} */
    public int rank() {
        return extents.length;
    }

    /**
     * The extent of an axis; a negative axis counts from the end.
     *
     * @param axis {@code −rank … rank−1}
     * @return the extent
     * @throws IllegalArgumentException if there is no such axis
     */
    public int dim(int axis) {
        return extents[axis(axis)];
    }

    /**
     * Returns an axis counted from the front.
     *
     * @param axis {@code −rank … rank−1}
     * @return {@code 0 … rank−1}
     * @throws IllegalArgumentException if there is no such axis
     */
    public int axis(int axis) {
        int a = axis < 0 ? axis + extents.length : axis;
        if (a < 0 || a >= extents.length) {
            throw new IllegalArgumentException("no axis " + axis + " in shape " + this);
        }
        return a;
    }

    /** {@return the last extent, 1 for a scalar} */
    public int last() {
        return extents.length == 0 ? 1 : extents[extents.length - 1];
    }

    /** {@return the number of rows: elements divided by the last extent; 0 if that is 0} */
    public int rows() {
        int last = last();
        return last == 0 ? 0 : elements / last;
    }

    /** {@return the product of all extents; 1 for a scalar} */
    public int elements() {
        return elements;
    }

    /** {@return a copy of the extents} */
    public int[] toArray() {
        return extents.clone();
    }

    /**
     * Returns this shape with one extent replaced.
     *
     * @param axis {@code −rank … rank−1}
     * @param extent at least 0
     * @return a shape of the same rank
     * @throws IllegalArgumentException if there is no such axis, the extent is negative or the product exceeds 2³¹−1
     */
    public Shape with(int axis, int extent) {
        int[] e = extents.clone();
        e[axis(axis)] = extent;
        return new Shape(e);
    }

    /**
     * The product of the extents of axes {@code from} (inclusive) to {@code to} (exclusive).
     *
     * @param from first axis, from 0
     * @param to the axis after the last, at most the rank
     * @return the product; 1 for an empty range
     */
    public int span(int from, int to) {
        int product = 1;
        for (int i = from; i < to; i++) {
            product *= extents[i];
        }
        return product;
    }

    /**
     * Returns the shape that two operands broadcast to, aligned at the last axis.
     *
     * @param a one operand's shape
     * @param b the other operand's shape
     * @return a shape of the larger rank
     * @throws IllegalArgumentException if they are incompatible
     */
    public static Shape broadcast(Shape a, Shape b) {
        int rank = Math.max(a.rank(), b.rank());
        int[] e = new int[rank];
        for (int i = 1; i <= rank; i++) {
            int x = i <= a.rank() ? a.extents[a.rank() - i] : 1;
            int y = i <= b.rank() ? b.extents[b.rank() - i] : 1;
            if (x != y && x != 1 && y != 1) {
                throw new IllegalArgumentException("shapes " + a + " and " + b + " cannot be broadcast together");
            }
            e[rank - i] = x == 1 ? y : x;
        }
        return of(e);
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof Shape s && Arrays.equals(extents, s.extents);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(extents);
    }

    @Override
    public String toString() {
        return Arrays.toString(extents);
    }
}
