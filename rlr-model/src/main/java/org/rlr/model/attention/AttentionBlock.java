package org.rlr.model.attention;

import org.jspecify.annotations.Nullable;
import org.rlr.tensor.Tensor;

/**
 * One attention block of an encoder layer. The blocks of a layer run in parallel on the same input, without residual
 * connections around them (RLR §7).
 */
public interface AttentionBlock {

    /**
     * Returns the block's output.
     *
     * @param tokens the layer's input, {@code [N, L, d]}
     * @param reference the embedded reference, shared by all images; null if no block of the model uses it
     * @return {@code [N, L, d]}
     */
    Tensor forward(Tensor tokens, @Nullable Reference reference);
}
