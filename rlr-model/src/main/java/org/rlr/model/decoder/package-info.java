/**
 * The feature decoder (RLR §12), which draws features as pictures to show what a model believes normal; detection does
 * not use it; begin with {@link org.rlr.model.decoder.FeatureDecoder} and {@link org.rlr.model.decoder.DecoderFile}.
 */
@NullMarked
package org.rlr.model.decoder;

import org.jspecify.annotations.NullMarked;
