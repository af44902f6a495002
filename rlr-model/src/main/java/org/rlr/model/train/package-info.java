/** Training of models and feature decoders, and its files; start with {@link org.rlr.model.train.RlrTraining}. */
@NullMarked
package org.rlr.model.train;

import org.jspecify.annotations.NullMarked;
