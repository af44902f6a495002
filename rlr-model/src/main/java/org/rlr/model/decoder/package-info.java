/**
 * The feature decoder (RLR §12), which turns features into pictures to show what a model considers normal; detection
 * does not use it. Start with {@link org.rlr.model.decoder.FeatureDecoder} and
 * {@link org.rlr.model.decoder.DecoderFile}.
 */
@NullMarked
package org.rlr.model.decoder;

import org.jspecify.annotations.NullMarked;
