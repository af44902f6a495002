/**
 * Internal: the scattering transform, a backbone without weights; begin with
 * {@link org.rlr.model.backbone.scattering.Scattering}.
 */
@NullMarked
package org.rlr.model.backbone.scattering;

import org.jspecify.annotations.NullMarked;
