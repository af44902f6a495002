package org.rlr.model.attention;

import org.jspecify.annotations.Nullable;
import org.rlr.tensor.Tensor;
import org.rlr.tensor.backend.AttentionPattern;
import org.rlr.tensor.nn.MultiHeadAttention;
import org.rlr.tensor.nn.ParameterSet;

/**
 * {@code nsa}: keys from the reference, values from the tokens, only outside the window, so that no token sees itself
 * or its neighbours (the paper's masked learnable key attention, MLKA; RLR §6). Uses the last chunk of the reference.
 */
final class MaskedLearnableKeyAttention implements AttentionBlock {
    private final MultiHeadAttention attention;
    private final AttentionPattern pattern;

    MaskedLearnableKeyAttention(ParameterSet.Prefix names, int modelWidth, AttentionPattern pattern) {
        this.attention = new MultiHeadAttention(names, modelWidth);
        this.pattern = pattern;
    }

    @Override
    public Tensor forward(Tensor tokens, @Nullable Reference reference) {
        Reference given = Reference.required(reference);
        Tensor k = given.cached(this, "k", () -> attention.key(given.chunk(given.length() - 1)));
        return attention.attend(attention.query(tokens), k, attention.value(tokens), pattern);
    }
}
