package org.rlr.tensor.backend;

/** Elementwise functions of one argument. */
public enum UnaryOp {
    NEG, EXP, LOG, SQRT, SQUARE, RECIPROCAL, TANH,
    /** {@code 1/(1+exp(-x))}. */
    SIGMOID,
    RELU,
    /** {@code min(max(x,0),6)}. */
    RELU6,
    /** {@code x·sigmoid(x)}. */
    SILU,
    /** {@code x·Φ(x)} with the exact error function, not the tanh approximation. */
    GELU
}
