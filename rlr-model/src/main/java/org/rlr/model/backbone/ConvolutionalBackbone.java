package org.rlr.model.backbone;

import java.util.List;
import org.rlr.tensor.Tensor;
import org.rlr.tensor.backend.Backend;

/** A network with its weights, loaded only as deep as the requested levels need. */
final class ConvolutionalBackbone implements Backbone {
    private final BackboneInfo info;
    private final Network network;
    private final Backend backend;
    private final StateDict weights;

    /**
     * Takes ownership of the network and loads the weights into it.
     *
     * @param origin source of the weights for messages, such as a file
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
            throw new IllegalArgumentException("images have shape " + images.shape() + " instead of [N, H, W, 3]");
        }
        return network.features(backend, images, levels);
    }

    @Override
    public void close() {
        network.parameters().close();
    }
}
