package org.rlr.tensor.backend;

/** Elementwise functions of two arguments. */
public enum BinaryOp {
    ADD, SUB, MUL, DIV
}
