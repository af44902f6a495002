package org.rlr.model.backbone;

import org.junit.jupiter.api.Nested;

/** The built-in families, one of each. */
class BackboneContractTest {
    @Nested
    class OfScattering extends BackboneContract {
        @Override
        protected String name() {
            return "scattering";
        }
    }

    @Nested
    class OfEfficientNet extends BackboneContract {
        @Override
        protected String name() {
            return "tf_efficientnet_lite0";
        }
    }

    @Nested
    class OfResNet extends BackboneContract {
        @Override
        protected String name() {
            return "resnet18";
        }
    }

    @Nested
    class OfVisionTransformer extends BackboneContract {
        @Override
        protected String name() {
            return "vit_small_patch14_reg4_dinov2";
        }
    }
}
