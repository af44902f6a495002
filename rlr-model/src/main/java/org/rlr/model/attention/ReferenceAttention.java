package org.rlr.model.attention;

import org.rlr.tensor.Tensor;
import org.rlr.tensor.backend.AttentionPattern;
import org.rlr.tensor.nn.MultiHeadAttention;
import org.rlr.tensor.nn.ParameterSet;

/**
 * Cross attention whose content comes from the reference alone: {@code mca} (only inside the window: the paper's local
 * cross attention, LCA) and {@code ca} (everywhere). RLR §6.
 */
final class ReferenceAttention implements AttentionBlock {
    /** Which part of a reference of several chunks is attended to. */
    enum Part {
        /** Every chunk on its own, with the same weights, summed. */
        EACH_CHUNK,
        LAST_CHUNK,
        WHOLE
    }

    private final MultiHeadAttention attention;
    private final AttentionPattern pattern;
    private final Part part;

    ReferenceAttention(ParameterSet.Prefix names, int modelWidth, AttentionPattern pattern, Part part) {
        this.attention = new MultiHeadAttention(names, modelWidth);
        this.pattern = pattern;
        this.part = part;
    }

    @Override
    public Tensor forward(Tensor tokens, Reference reference) {
        Tensor q = attention.query(tokens);
        int last = reference.length() - 1;
        Tensor sum = null;
        for (int i = part == Part.EACH_CHUNK ? 0 : last; i <= last; i++) {
            int chunk = i;
            Tensor k = reference.cached(this, "k" + i, () -> attention.key(source(reference, chunk)));
            Tensor v = reference.cached(this, "v" + i, () -> attention.value(source(reference, chunk)));
            Tensor y = attention.attend(q, k, v, pattern);
            sum = sum == null ? y : sum.add(y);
        }
        return sum;
    }

    private Tensor source(Reference reference, int chunk) {
        return part == Part.WHOLE ? reference.all() : reference.chunk(chunk);
    }
}
