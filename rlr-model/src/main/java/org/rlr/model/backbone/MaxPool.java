package org.rlr.model.backbone;

import java.util.List;
import org.rlr.tensor.Tensor;
import org.rlr.tensor.autograd.FusedFunctions;
import org.rlr.tensor.backend.ConvGeometry;

/** The maximum over windows. */
record MaxPool(ConvGeometry geometry, int outChannels) implements Block {
    @Override
    public List<Convolution> convolutions() {
        return List.of();
    }

    @Override
    public Tensor forward(Tensor x) {
        return FusedFunctions.maxPool(x, geometry);
    }
}
