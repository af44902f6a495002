package org.rlr.tensor.backend;

/** What a linear layer or a convolution applies to its result in the same pass. */
public enum Activation {
    NONE(null), RELU(UnaryOp.RELU), RELU6(UnaryOp.RELU6), SILU(UnaryOp.SILU), GELU(UnaryOp.GELU), SIGMOID(UnaryOp.SIGMOID);

    private final UnaryOp op;

    Activation(UnaryOp op) {
        this.op = op;
    }

    /** The function as an elementwise primitive; null for {@link #NONE}. */
    public UnaryOp op() {
        return op;
    }
}
