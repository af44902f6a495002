package org.rlr.model.backbone;

import org.rlr.tensor.Tensor;

/** A part of a convolutional network that maps one feature map to another. */
interface Block {
    /** The next feature map, in the innermost scope; x stays open, intermediate results are closed. */
    Tensor forward(Tensor x);
}
