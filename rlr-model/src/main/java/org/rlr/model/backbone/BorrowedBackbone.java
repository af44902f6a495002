package org.rlr.model.backbone;

import java.util.List;
import org.rlr.tensor.Tensor;

/**
 * A non-owning view of a backbone; {@code close()} does nothing.
 *
 * @param delegate the backbone; its owner closes it after the last use
 */
public record BorrowedBackbone(Backbone delegate) implements Backbone {
    @Override
    public BackboneInfo info() {
        return delegate.info();
    }

    @Override
    public List<Tensor> features(Tensor images, List<Integer> levels) {
        return delegate.features(images, levels);
    }

    @Override
    public List<Tensor> tensorFeatures(Tensor images, List<Integer> levels) {
        return delegate.tensorFeatures(images, levels);
    }

    @Override
    public StateDict weights() {
        return delegate.weights();
    }

    @Override
    public void trim() {
        delegate.trim();
    }

    @Override
    public void close() {
        // closed by its owner
    }
}
