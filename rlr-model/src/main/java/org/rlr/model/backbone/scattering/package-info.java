/**
 * Internal: the scattering transform, a backbone without weights. Start with
 * {@link org.rlr.model.backbone.scattering.Scattering}.
 */
@NullMarked
package org.rlr.model.backbone.scattering;

import org.jspecify.annotations.NullMarked;
