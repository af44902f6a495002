/**
 * Feature maps of a backbone and the tokens derived from them. Start with {@link org.rlr.model.features.FeatureMaps}
 * and {@link org.rlr.model.features.FeatureExtractor}.
 */
@NullMarked
package org.rlr.model.features;

import org.jspecify.annotations.NullMarked;
