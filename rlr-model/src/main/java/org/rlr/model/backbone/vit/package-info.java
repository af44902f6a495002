/**
 * Internal: Vision Transformers as backbones, written only with public classes and a provider, as in any application.
 */
@NullMarked
package org.rlr.model.backbone.vit;

import org.jspecify.annotations.NullMarked;
