/**
 * Internal: the CPU backend with scalar and Vector API kernels; start with {@code CpuBackend} and {@code CpuKernels}.
 */
@NullMarked
package org.rlr.tensor.cpu;

import org.jspecify.annotations.NullMarked;
