package org.rlr.model.backbone;

import java.util.List;
import org.rlr.tensor.Tensor;

/** A piece of a convolutional network between two feature maps. */
interface Block {
    /** Its convolutions, in the order of a state dict. */
    List<Convolution> convolutions();

    /** Channels of its output. */
    int outChannels();

    /** The next feature map, in the innermost scope; x stays open, what was needed between is closed. */
    Tensor forward(Tensor x);
}
