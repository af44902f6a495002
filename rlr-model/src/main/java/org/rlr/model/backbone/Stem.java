package org.rlr.model.backbone;

import java.util.List;
import org.rlr.tensor.Tensor;

/** A single convolution. */
record Stem(Convolution convolution) implements Block {
    @Override
    public List<Convolution> convolutions() {
        return List.of(convolution);
    }

    @Override
    public int outChannels() {
        return convolution.outChannels();
    }

    @Override
    public Tensor forward(Tensor x) {
        return convolution.forward(x);
    }
}
