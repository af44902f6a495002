/**
 * Frozen networks that give the features, and how one of your own is found; begin with
 * {@link org.rlr.model.backbone.Backbone} and {@link org.rlr.model.backbone.Backbones}.
 */
@NullMarked
package org.rlr.model.backbone;

import org.jspecify.annotations.NullMarked;
