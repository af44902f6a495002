/**
 * The transformer that reconstructs the tokens of a level (RLR §4 to §8). Start with
 * {@link org.rlr.model.transformer.RlrTransformer}.
 */
@NullMarked
package org.rlr.model.transformer;

import org.jspecify.annotations.NullMarked;
