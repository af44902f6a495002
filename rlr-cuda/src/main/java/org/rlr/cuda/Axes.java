package org.rlr.cuda;

import org.rlr.tensor.Shape;

/**
 * The axes that a kernel iterates over, innermost first, with a stride for each operand. Axes of extent 1 are dropped;
 * neighbouring axes are merged if every operand allows it.
 */
final class Axes {
    /** The capacity of the kernels' arrays. */
    static final int MOST = 8;

    private final int[] extents = new int[MOST];
    private final int[][] strides;
    private int count;

    Axes(int operands) {
        strides = new int[operands][MOST];
    }

    /** Adds the next outer axis. */
    void add(int extent, int... stride) {
        if (extent == 1) {
            return;
        }
        boolean merge = count > 0;
        for (int i = 0; merge && i < strides.length; i++) {
            merge = (long) strides[i][count - 1] * extents[count - 1] == stride[i];
        }
        if (merge) {
            extents[count - 1] *= extent;
            return;
        }
        if (count == MOST) {
            throw new IllegalArgumentException("more than " + MOST + " axes that cannot be merged");
        }
        extents[count] = extent;
        for (int i = 0; i < strides.length; i++) {
            strides[i][count] = stride[i];
        }
        count++;
    }

    int count() {
        return count;
    }

    int[] extents() {
        return extents;
    }

    int[] strides(int operand) {
        return strides[operand];
    }

    /** The product of the extents. */
    int elements() {
        int product = 1;
        for (int i = 0; i < count; i++) {
            product *= extents[i];
        }
        return product;
    }

    /** The axes that broadcast two operands to a result. @throws IllegalArgumentException if the shapes do not fit */
    static Axes broadcast(Shape out, Shape a, Shape b) {
        Axes axes = new Axes(2);
        int aSpan = 1;
        int bSpan = 1;
        for (int i = 1; i <= out.rank(); i++) {
            int extent = out.dim(-i);
            int aExtent = i <= a.rank() ? a.dim(-i) : 1;
            int bExtent = i <= b.rank() ? b.dim(-i) : 1;
            if ((aExtent != extent && aExtent != 1) || (bExtent != extent && bExtent != 1)) {
                throw new IllegalArgumentException("shapes " + a + " and " + b + " cannot be broadcast to " + out);
            }
            axes.add(extent, aExtent == extent ? aSpan : 0, bExtent == extent ? bSpan : 0);
            aSpan *= aExtent;
            bSpan *= bExtent;
        }
        return axes;
    }
}
