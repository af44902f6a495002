package org.rlr.tensor.backend;

/**
 * A snapshot of a backend's memory in bytes: Java heap for the CPU, GPU memory for a GPU.
 *
 * @param used held by open tensors
 * @param held {@code used} plus the cache and the threads' working arrays; {@link Backend#trim} lowers it
 * @param peak the largest {@code used} so far
 */
public record MemoryUse(long used, long held, long peak) {}
