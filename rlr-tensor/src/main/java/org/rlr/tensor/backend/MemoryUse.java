package org.rlr.tensor.backend;

/**
 * Memory of a backend at one moment, in bytes: of the Java heap on the CPU, of the card on a card.
 *
 * @param used held by tensors that are not closed
 * @param held {@code used}, what is kept for reuse and working arrays of threads; {@link Backend#trim} lowers it
 * @param peak the largest {@code used} so far
 */
public record MemoryUse(long used, long held, long peak) {}
