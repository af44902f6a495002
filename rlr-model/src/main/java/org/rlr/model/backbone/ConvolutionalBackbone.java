package org.rlr.model.backbone;

import java.util.List;
import org.rlr.tensor.Tensor;
import org.rlr.tensor.backend.Backend;

/** A network with its weights, loaded as far as the levels asked for need them. */
final class ConvolutionalBackbone implements Backbone {
    private final BackboneInfo info;
    private final Network network;
    private final Backend backend;
    private final StateDict weights;

    /**
     * Takes the network over, which gets its weights.
     *
     * @param origin what the weights are, for messages: a file
     * @throws org.rlr.tensor.RlrException if they are not finite
     */
    ConvolutionalBackbone(BackboneInfo info, Network network, Backend backend, StateDict weights, String origin) {
        this.info = info;
        this.network = network;
        this.backend = backend;
        this.weights = weights;
        network.parameters().loadFrozen(backend, weights, origin);
    }

    @Override
    public BackboneInfo info() {
        return info;
    }

    @Override
    public StateDict weights() {
        return weights;
    }

    @Override
    public List<Tensor> features(Tensor images, List<Integer> levels) {
        if (images.shape().rank() != 4 || images.dim(3) != 3) {
            throw new IllegalArgumentException("images of shape " + images.shape() + " instead of [N, H, W, 3]");
        }
        return network.features(backend, images, levels);
    }

    @Override
    public void close() {
        network.parameters().close();
    }
}
