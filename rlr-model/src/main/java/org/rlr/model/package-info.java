/**
 * RLR as a library: trained models and their files. Start with {@link org.rlr.model.RlrModel} and
 * {@link org.rlr.model.ModelFile}.
 */
@NullMarked
package org.rlr.model;

import org.jspecify.annotations.NullMarked;
