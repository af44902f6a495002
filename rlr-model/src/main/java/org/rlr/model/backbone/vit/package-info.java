/** Internal: Vision Transformers as backbones, written with what any application has: public classes and a provider. */
@NullMarked
package org.rlr.model.backbone.vit;

import org.jspecify.annotations.NullMarked;
