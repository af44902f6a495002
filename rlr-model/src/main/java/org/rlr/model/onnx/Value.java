package org.rlr.model.onnx;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A tensor of a {@link Graph}: what a node makes, the input, or a constant.
 *
 * @param id its number in the graph, by which graphs of two batch sizes are compared
 * @param type of its elements
 * @param extents its shape, with the batch size that the graph was recorded with
 * @param constant {@code float[]}, {@code long[]} or {@code boolean[]}, row-major; null for what is computed
 */
record Value(int id, Elements type, int[] extents, @Nullable Object constant) {
    /** What a tensor's elements are. */
    enum Elements {
        FLOAT,
        INT64,
        BOOL
    }

    int rank() {
        return extents.length;
    }

    /** The values of a constant of type {@link Elements#FLOAT}; null for any other. */
    float @Nullable [] floats() {
        return constant instanceof float[] values ? values : null;
    }

    boolean sameAs(Value other) {
        return id == other.id && type == other.type;
    }

    /** By identity: two constants may be equal, and arrays are not compared. */
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
