/**
 * Internal: the CUDA driver as Java classes: card, stream, memory, kernels compiled at run time, graphs. Start reading
 * at {@link org.rlr.cuda.driver.Kernel} and {@link org.rlr.cuda.driver.DeviceAllocator}.
 */
@NullMarked
package org.rlr.cuda.driver;

import org.jspecify.annotations.NullMarked;
