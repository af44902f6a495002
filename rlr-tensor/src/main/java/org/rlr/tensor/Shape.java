package org.rlr.tensor;

import java.util.Arrays;

/** The extents of a tensor, outermost first; row-major and contiguous always. A scalar has no extents. */
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
                throw new IllegalArgumentException("shape " + Arrays.toString(extents) + " has more than 2^31-1 elements");
            }
        }
        this.elements = (int) product;
    }

    /** A shape of the given extents. @throws IllegalArgumentException if one is negative or the product exceeds 2³¹−1 */
    public static Shape of(int... extents) {
        return extents.length == 0 ? SCALAR : new Shape(extents.clone());
    }

    /** The number of axes. */
    public int rank() {
        return extents.length;
    }

    /** The extent of an axis; a negative axis counts from the end. */
    public int dim(int axis) {
        return extents[axis(axis)];
    }

    /** An axis counted from the front. @throws IllegalArgumentException if there is no such axis */
    public int axis(int axis) {
        int a = axis < 0 ? axis + extents.length : axis;
        if (a < 0 || a >= extents.length) {
            throw new IllegalArgumentException("no axis " + axis + " in shape " + this);
        }
        return a;
    }

    /** The last extent, 1 for a scalar. */
    public int last() {
        return extents.length == 0 ? 1 : extents[extents.length - 1];
    }

    /** Elements over the last extent: the number of rows. */
    public int rows() {
        int last = last();
        return last == 0 ? 0 : elements / last;
    }

    /** The product of all extents; 1 for a scalar. */
    public int elements() {
        return elements;
    }

    /** A copy of the extents. */
    public int[] toArray() {
        return extents.clone();
    }

    /** This shape with one extent replaced. */
    public Shape with(int axis, int extent) {
        int[] e = extents.clone();
        e[axis(axis)] = extent;
        return new Shape(e);
    }

    /** The product of the extents of axes {@code from} (inclusive) to {@code to} (exclusive). */
    public int span(int from, int to) {
        int product = 1;
        for (int i = from; i < to; i++) {
            product *= extents[i];
        }
        return product;
    }

    /** The shape two operands are broadcast to, aligned at the last axis. @throws IllegalArgumentException if they do not fit */
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
    public boolean equals(Object other) {
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
