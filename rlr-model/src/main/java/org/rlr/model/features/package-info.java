/**
 * Feature maps of a backbone, and the tokens that are made of them; begin with
 * {@link org.rlr.model.features.FeatureMaps} and {@link org.rlr.model.features.FeatureExtractor}.
 */
@NullMarked
package org.rlr.model.features;

import org.jspecify.annotations.NullMarked;
