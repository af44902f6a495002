package org.rlr.tensor.nn;

import java.util.Map;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * The representation of a parameter in a state dict.
 *
 * @param shapes the tensors that its values are read from, by name: its own, or those that are folded into it
 * @param read computes its values from those tensors
 * @param write computes its state dict tensor from its values; null if several tensors are folded
 */
record StateForm(
        Map<String, int[]> shapes,
        Function<ParameterSet.Source, float[]> read,
        @Nullable UnaryOperator<float[]> write) {

    /** The parameter's own shape and order. */
    static StateForm plain(String name, int... extents) {
        return new StateForm(Map.of(name, extents), source -> source.values(name), values -> values);
    }
}
