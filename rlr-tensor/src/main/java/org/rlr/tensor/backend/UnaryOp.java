package org.rlr.tensor.backend;

/** Elementwise functions of one argument. */
public enum UnaryOp {
    /** {@code −x}. */
    NEG,
    /** {@code exp(x)}. */
    EXP,
    /** {@code ln(x)}. */
    LOG,
    /** {@code √x}. */
    SQRT,
    /** {@code x²}. */
    SQUARE,
    /** {@code 1/x}. */
    RECIPROCAL,
    /** {@code tanh(x)}. */
    TANH,
    /** {@code 1/(1+exp(-x))}. */
    SIGMOID,
    /** {@code max(x,0)}. */
    RELU,
    /** {@code min(max(x,0),6)}. */
    RELU6,
    /** {@code x·sigmoid(x)}. */
    SILU,
    /** {@code x·Φ(x)} with the exact error function, not the tanh approximation. */
    GELU
}
