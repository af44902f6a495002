/**
 * The feature decoder (RLR §12): features to pictures, for looking at what a model believes normal; never part of
 * detection.
 */
package org.rlr.model.decoder;
