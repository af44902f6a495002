package org.rlr.tensor.backend;

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

    private final UnaryOp op;

    Activation(UnaryOp op) {
        this.op = op;
    }

    /** {@return the function as an elementwise primitive; null for {@link #NONE}} */
    public UnaryOp op() {
        return op;
    }
}
