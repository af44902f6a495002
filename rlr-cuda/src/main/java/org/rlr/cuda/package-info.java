/**
 * Internal: the CUDA backend, which computes the primitives of {@code rlr-tensor} on a card; start reading at
 * {@code CudaBackend} and {@code CudaEngine}.
 */
@NullMarked
package org.rlr.cuda;

import org.jspecify.annotations.NullMarked;
