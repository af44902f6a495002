package org.rlr.tensor.backend;

/** Elementwise functions of two arguments. */
public enum BinaryOp {
    /** {@code a + b}. */
    ADD,
    /** {@code a − b}. */
    SUB,
    /** {@code a · b}. */
    MUL,
    /** {@code a / b}. */
    DIV
}
