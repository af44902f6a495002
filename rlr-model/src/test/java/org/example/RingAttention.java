package org.example;

import org.rlr.model.attention.*;
import org.rlr.model.config.LevelConfig;
import org.rlr.tensor.Tensor;
import org.rlr.tensor.nn.*;

/** Cross attention to a ring of the reference: the neighbours of a token's place, without the place itself. */
public final class RingAttention implements AttentionBlockProvider {
    @Override
    public String name() {
        return "ring";
    }

    @Override
    public boolean usesReference() {
        return true;
    }

    @Override
    public AttentionBlock create(ParameterSet.Prefix names, LevelConfig level) {
        var projections = new MultiHeadAttention(names, level.modelWidth());
        var attention = new PatternAttention(GridPattern.ring(1, level.windowSize()), level);
        return new Block(projections, attention);
    }

    private record Block(MultiHeadAttention projections, PatternAttention attention) implements AttentionBlock {
        @Override
        public Tensor forward(Tensor tokens, Reference reference) {
            int last = reference.length() - 1;
            Tensor k = reference.cached(this, "k", () -> projections.key(reference.chunk(last)));
            Tensor v = reference.cached(this, "v", () -> projections.value(reference.chunk(last)));
            return projections.output(attention.attend(projections.query(tokens), k, v));
        }
    }
}
