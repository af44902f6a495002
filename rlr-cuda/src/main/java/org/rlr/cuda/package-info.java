/**
 * Internal: the CUDA backend: the primitives of {@code rlr-tensor} on a card; begin with {@code CudaBackend} and
 * {@code CudaEngine}.
 */
@NullMarked
package org.rlr.cuda;

import org.jspecify.annotations.NullMarked;
