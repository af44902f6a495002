package org.rlr.tensor.backend;

import org.jspecify.annotations.Nullable;

/** What a linear layer or a convolution applies to its result in the same pass. */
public enum Activation {
    /** Nothing. */
    NONE(null),
    /** {@link UnaryOp#RELU}. */
    RELU(UnaryOp.RELU),
    /** {@link UnaryOp#RELU6}. */
    RELU6(UnaryOp.RELU6),
    /** {@link UnaryOp#SILU}. */
    SILU(UnaryOp.SILU),
    /** {@link UnaryOp#GELU}. */
    GELU(UnaryOp.GELU),
    /** {@link UnaryOp#SIGMOID}. */
    SIGMOID(UnaryOp.SIGMOID);

    private final @Nullable UnaryOp op;

    Activation(@Nullable UnaryOp op) {
        this.op = op;
    }

    /**
     * The function as an elementwise primitive.
     *
     * @return the primitive
     * @throws IllegalStateException for {@link #NONE}, which has none
     */
    public UnaryOp op() {
        if (op == null) {
            throw new IllegalStateException("the activation NONE is no elementwise primitive");
        }
        return op;
    }
}
