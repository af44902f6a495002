package org.rlr.model.attention;

import org.jspecify.annotations.Nullable;
import org.rlr.tensor.Tensor;
import org.rlr.tensor.backend.AttentionPattern;
import org.rlr.tensor.nn.MultiHeadAttention;
import org.rlr.tensor.nn.ParameterSet;

/** Self attention: {@code msa} (only outside the window) and {@code sa} (everywhere). RLR §6. */
final class SelfAttention implements AttentionBlock {
    private final MultiHeadAttention attention;
    private final AttentionPattern pattern;

    SelfAttention(ParameterSet.Prefix names, int modelWidth, AttentionPattern pattern) {
        this.attention = new MultiHeadAttention(names, modelWidth);
        this.pattern = pattern;
    }

    @Override
    public Tensor forward(Tensor tokens, @Nullable Reference reference) {
        return attention.attend(attention.query(tokens), attention.key(tokens), attention.value(tokens), pattern);
    }
}
