/**
 * Internal: the CUDA driver in Java's terms: card, stream, memory, kernels compiled at runtime, graphs; begin with
 * {@link org.rlr.cuda.driver.Kernel} and {@link org.rlr.cuda.driver.DeviceAllocator}.
 */
@NullMarked
package org.rlr.cuda.driver;

import org.jspecify.annotations.NullMarked;
