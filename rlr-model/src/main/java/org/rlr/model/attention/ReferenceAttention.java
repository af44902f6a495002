package org.rlr.model.attention;

import org.jspecify.annotations.Nullable;
import org.rlr.tensor.Tensor;
import org.rlr.tensor.backend.AttentionPattern;
import org.rlr.tensor.nn.MultiHeadAttention;
import org.rlr.tensor.nn.ParameterSet;

/**
 * Cross attention to the reference: {@code mca} (only inside the window: the paper's local cross attention, LCA) and
 * {@code ca} (everywhere). RLR §6.
 */
final class ReferenceAttention implements AttentionBlock {
    /** The part of a reference of several chunks that is attended to. */
    enum Part {
        /** Every chunk separately, with the same weights; results are summed. */
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
    public Tensor forward(Tensor tokens, @Nullable Reference reference) {
        Reference given = Reference.required(reference);
        Tensor q = attention.query(tokens);
        int last = given.length() - 1;
        int first = part == Part.EACH_CHUNK ? 0 : last;
        Tensor sum = attend(q, given, first);
        for (int i = first + 1; i <= last; i++) {
            sum = sum.add(attend(q, given, i));
        }
        return sum;
    }

    private Tensor attend(Tensor q, Reference reference, int chunk) {
        Tensor k = reference.cached(this, "k" + chunk, () -> attention.key(source(reference, chunk)));
        Tensor v = reference.cached(this, "v" + chunk, () -> attention.value(source(reference, chunk)));
        return attention.attend(q, k, v, pattern);
    }

    private Tensor source(Reference reference, int chunk) {
        return part == Part.WHOLE ? reference.all() : reference.chunk(chunk);
    }
}
