package org.rlr.tensor.cpu;

import org.rlr.tensor.Shape;

/**
 * The traversal of two operands that are broadcast to a result. Axes of extent 1 are dropped, and neighbouring axes are
 * merged if both operands allow it, so common cases have one or two axes. The last axis is the inner run, with step 0
 * (repeated) or 1.
 */
final class Broadcast {
    private final int[] extents;
    private final int[] aStrides;
    private final int[] bStrides;
    private final int axes;

    Broadcast(Shape out, Shape a, Shape b) {
        int rank = out.rank();
        int[] e = new int[rank + 1];
        int[] s = new int[rank + 1];
        int[] t = new int[rank + 1];
        int n = 0;
        int aSpan = 1;
        int bSpan = 1;
        // innermost axis first
        for (int i = 1; i <= rank; i++) {
            int extent = out.dim(rank - i);
            int aExtent = i <= a.rank() ? a.dim(a.rank() - i) : 1;
            int bExtent = i <= b.rank() ? b.dim(b.rank() - i) : 1;
            if ((aExtent != extent && aExtent != 1) || (bExtent != extent && bExtent != 1)) {
                throw new IllegalArgumentException("shapes " + a + " and " + b + " cannot be broadcast to " + out);
            }
            int aStride = aExtent == extent ? aSpan : 0;
            int bStride = bExtent == extent ? bSpan : 0;
            aSpan *= aExtent;
            bSpan *= bExtent;
            if (extent == 1) {
                continue;
            }
            if (n > 0 && aStride == s[n - 1] * e[n - 1] && bStride == t[n - 1] * e[n - 1]) {
                e[n - 1] *= extent;
            } else {
                e[n] = extent;
                s[n] = aStride;
                t[n] = bStride;
                n++;
            }
        }
        if (n == 0) {
            e[0] = 1;
            s[0] = 1;
            t[0] = 1;
            n = 1;
        }
        axes = n;
        extents = e;
        aStrides = s;
        bStrides = t;
    }

    /** Elements of the inner run. */
    int inner() {
        return extents[0];
    }

    /** The number of inner runs. */
    int outer() {
        int product = 1;
        for (int i = 1; i < axes; i++) {
            product *= extents[i];
        }
        return product;
    }

    /** The step of a along the inner run, 0 or 1. */
    int aStep() {
        return aStrides[0];
    }

    /** The step of b along the inner run, 0 or 1. */
    int bStep() {
        return bStrides[0];
    }

    /** Returns the index in a of the start of an inner run. */
    int aOffset(int run) {
        return offset(run, aStrides);
    }

    /** Returns the index in b of the start of an inner run. */
    int bOffset(int run) {
        return offset(run, bStrides);
    }

    private int offset(int run, int[] strides) {
        int offset = 0;
        int rest = run;
        for (int i = 1; i < axes; i++) {
            offset += rest % extents[i] * strides[i];
            rest /= extents[i];
        }
        return offset;
    }
}
