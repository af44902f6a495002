/**
 * Float32 tensors on a device and the scopes that own them; start with {@link org.rlr.tensor.Tensor} and
 * {@link org.rlr.tensor.TensorScope}.
 */
@NullMarked
package org.rlr.tensor;

import org.jspecify.annotations.NullMarked;
