/**
 * Internal: NVIDIA's libraries: {@link org.rlr.cuda.lib.Blas} for matrix products, {@link org.rlr.cuda.lib.Dnn} for
 * convolutions.
 */
@NullMarked
package org.rlr.cuda.lib;

import org.jspecify.annotations.NullMarked;
