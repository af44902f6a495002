/**
 * Tensors of float32 on a device and the scopes that own them; begin with {@link org.rlr.tensor.Tensor} and
 * {@link org.rlr.tensor.TensorScope}.
 */
@NullMarked
package org.rlr.tensor;

import org.jspecify.annotations.NullMarked;
