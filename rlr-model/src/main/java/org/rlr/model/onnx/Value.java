package org.rlr.model.onnx;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A tensor of a {@link Graph}: the output of a node, the input, or a constant.
 *
 * @param id its number in the graph, used to compare graphs of two batch sizes
 * @param type the type of its elements
 * @param extents its shape, with the recorded batch size
 * @param constant {@code float[]}, {@code long[]} or {@code boolean[]}, row-major; null for a computed value
 */
record Value(int id, Elements type, int[] extents, @Nullable Object constant) {
    /** The type of a tensor's elements. */
    enum Elements {
        FLOAT,
        INT64,
        BOOL
    }

    int rank() {
        return extents.length;
    }

    /** Returns the values of a constant of type {@link Elements#FLOAT}; null for any other. */
    float @Nullable [] floats() {
        return constant instanceof float[] values ? values : null;
    }

    boolean sameAs(Value other) {
        return id == other.id && type == other.type;
    }

    /** Compares by identity: equal constants may be distinct, and arrays are not compared. */
    @Override
    public boolean equals(@Nullable Object other) {
        return this == other;
    }

    @Override
    public int hashCode() {
        return id;
    }

    @Override
    public String toString() {
        return type + " " + id + Arrays.toString(extents);
    }
}
