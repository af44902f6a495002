package org.rlr.model.backbone;

import org.rlr.tensor.Tensor;

/** A piece of a convolutional network between two feature maps. */
interface Block {
    /** The next feature map, in the innermost scope; x stays open, what was needed between is closed. */
    Tensor forward(Tensor x);
}
