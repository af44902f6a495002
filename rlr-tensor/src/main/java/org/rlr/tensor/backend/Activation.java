package org.rlr.tensor.backend;

import org.jspecify.annotations.Nullable;

/** A function that a linear layer or convolution applies to its result in the same pass. */
public enum Activation {
    /** No function. */
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
     * Returns the function as an elementwise primitive.
     *
     * @return the primitive
     * @throws IllegalStateException for {@link #NONE}
     */
    public UnaryOp op() {
        if (op == null) {
            throw new IllegalStateException("the activation NONE has no elementwise primitive");
        }
        return op;
    }
}
