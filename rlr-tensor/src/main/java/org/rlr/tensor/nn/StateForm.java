package org.rlr.tensor.nn;

import java.util.Map;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * The form that a parameter has in a state dict.
 *
 * @param shapes the tensors that its values are read from, by name: itself, or those that are folded into it
 * @param read its values, from those tensors
 * @param write the values of its tensor, from its own, unless several tensors are folded into one
 */
record StateForm(
        Map<String, int[]> shapes,
        Function<ParameterSet.Source, float[]> read,
        @Nullable UnaryOperator<float[]> write) {

    /** As the parameter itself. */
    static StateForm plain(String name, int... extents) {
        return new StateForm(Map.of(name, extents), source -> source.values(name), values -> values);
    }
}
