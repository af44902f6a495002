/**
 * Frozen networks that compute features, and how to add your own. Start with {@link org.rlr.model.backbone.Backbone}
 * and {@link org.rlr.model.backbone.Backbones}.
 */
@NullMarked
package org.rlr.model.backbone;

import org.jspecify.annotations.NullMarked;
