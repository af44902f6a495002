package org.rlr.model.backbone;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.rlr.model.data.Normalization;
import org.rlr.tensor.RlrException;
import org.rlr.tensor.Tensor;
import org.rlr.tensor.TensorScope;
import org.rlr.tensor.backend.Backend;

/** A network with its weights, loaded as far as the levels asked for need them. */
final class ConvolutionalBackbone implements Backbone {
    private final Network network;
    private final Backend backend;
    private final int deepest;
    private final Map<Integer, Integer> channels;
    private final Map<String, Weight> weights;

    /**
     * Takes the network over, whose convolutions get their weights.
     *
     * @param levels at least one
     * @param origin what the state dict is, for messages: a file
     * @throws RlrException if the network has no such level or the weights are not its own
     */
    ConvolutionalBackbone(Network network, Backend backend, List<Integer> levels, StateDict source, String origin) {
        this.network = network;
        this.backend = backend;
        this.channels = network.channels();
        levels.forEach(this::channels);
        this.deepest = levels.stream().mapToInt(Integer::intValue).max().orElseThrow();
        this.weights = BackboneWeights.read(network, deepest, source, origin);
        try {
            network.convolutions(deepest).forEach(c -> c.load(weights, backend, origin));
        } catch (Throwable t) {
            close();
            throw t;
        }
    }

    @Override
    public String name() {
        return network.name();
    }

    @Override
    public Normalization normalization() {
        return network.normalization();
    }

    @Override
    public List<Integer> levels() {
        return List.copyOf(channels.keySet());
    }

    @Override
    public int channels(int level) {
        Integer c = channels.get(level);
        if (c == null) {
            throw new RlrException(
                    "backbone '" + name() + "' has no level " + level + "; its levels are " + channels.keySet());
        }
        return c;
    }

    @Override
    public boolean standardized() {
        return false;
    }

    @Override
    public Map<String, Weight> weights() {
        return weights;
    }

    @Override
    public List<Tensor> features(Tensor images, List<Integer> levels) {
        if (images.shape().rank() != 4 || images.dim(3) != 3) {
            throw new IllegalArgumentException("images of shape " + images.shape() + " instead of [N, H, W, 3]");
        }
        check(levels);
        int last = levels.get(levels.size() - 1);
        try (TensorScope scope = TensorScope.inference(backend)) {
            List<Tensor> maps = new ArrayList<>();
            Tensor x = images;
            for (Network.Stage stage : network.stages()) {
                Tensor y = stage.block().forward(x);
                if (x != images && !maps.contains(x)) {
                    x.close();
                }
                x = y;
                if (levels.contains(stage.level())) {
                    maps.add(y);
                }
                if (stage.level() == last) {
                    break;
                }
            }
            maps.forEach(scope::keep);
            return maps;
        }
    }

    private void check(List<Integer> levels) {
        if (levels.isEmpty()) {
            throw new IllegalArgumentException("no level asked for");
        }
        for (int i = 0; i < levels.size(); i++) {
            channels(levels.get(i));
            if (levels.get(i) > deepest || i > 0 && levels.get(i) <= levels.get(i - 1)) {
                throw new IllegalArgumentException("levels " + levels + " are not ascending up to " + deepest
                        + ", the deepest that weights were loaded for");
            }
        }
    }

    @Override
    public void close() {
        network.convolutions(network.deepest()).forEach(Convolution::close);
    }
}
