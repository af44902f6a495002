/**
 * Internal: the backend on the CPU, with scalar kernels and kernels on the Vector API; begin with {@code CpuBackend}
 * and {@code CpuKernels}.
 */
@NullMarked
package org.rlr.tensor.cpu;

import org.jspecify.annotations.NullMarked;
