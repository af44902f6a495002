package org.rlr.model.decoder;

import org.rlr.tensor.nn.ParameterSet;

/**
 * Where a layer declares what it keeps.
 *
 * @param learned learned values
 * @param buffers running statistics
 */
record LayerNames(ParameterSet.Prefix learned, ParameterSet.Prefix buffers) {
    LayerNames sub(String name) {
        return new LayerNames(learned.sub(name), buffers.sub(name));
    }

    LayerNames sub(int index) {
        return sub(Integer.toString(index));
    }
}
