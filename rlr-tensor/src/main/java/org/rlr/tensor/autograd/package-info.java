/**
 * Operations and their gradients, each forward beside its vector-Jacobian product; begin with
 * {@link org.rlr.tensor.autograd.Functions}.
 */
@NullMarked
package org.rlr.tensor.autograd;

import org.jspecify.annotations.NullMarked;
