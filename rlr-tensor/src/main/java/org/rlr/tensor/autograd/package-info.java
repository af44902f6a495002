/** Operations and their vector-Jacobian products; start with {@link org.rlr.tensor.autograd.Functions}. */
@NullMarked
package org.rlr.tensor.autograd;

import org.jspecify.annotations.NullMarked;
