/**
 * Layers, their parameters and the optimiser; start with {@link org.rlr.tensor.nn.ParameterSet} and
 * {@link org.rlr.tensor.nn.Linear}.
 */
@NullMarked
package org.rlr.tensor.nn;

import org.jspecify.annotations.NullMarked;
