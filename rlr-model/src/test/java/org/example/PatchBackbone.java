package org.example;

import java.util.List;
import java.util.Map;
import org.rlr.model.backbone.*;
import org.rlr.model.config.FeatureLevel;
import org.rlr.tensor.*;
import org.rlr.tensor.backend.*;
import org.rlr.tensor.nn.*;

/** Two convolutions over patches of 8×8 pixels, with your own weights. */
public final class PatchBackbone implements BackboneProvider {
    private static final List<FeatureLevel> LEVELS = List.of(new FeatureLevel(2, 24, 8), new FeatureLevel(3, 48, 16));

    @Override
    public List<String> names() {
        return List.of("patches");
    }

    @Override
    public BackboneInfo info(String name) {
        long learned = new Network().parameters.count();
        return BackboneInfo.builder(name, LEVELS).parameters(learned).build();
    }

    @Override
    public Map<String, int[]> weightShapes(String name, List<Integer> levels) {
        return new Network().parameters.stateShapes();
    }

    @Override
    public Backbone create(String name, Backend backend, List<Integer> levels, StateDict weights, String origin) {
        Network network = new Network();
        network.parameters.loadFrozen(backend, weights, origin);
        return new Loaded(info(name), network, weights);
    }

    private static final class Network {
        final ParameterSet parameters = new ParameterSet();
        final Conv2d fine = new Conv2d(parameters.root().sub("fine"), 3, 24, ConvGeometry.padded(8, 8, 0, 1));
        final Conv2d coarse = new Conv2d(parameters.root().sub("coarse"), 24, 48, ConvGeometry.padded(2, 2, 0, 1));
    }

    private record Loaded(BackboneInfo info, Network network, StateDict weights) implements Backbone {
        @Override
        public List<Tensor> features(Tensor images, List<Integer> levels) {
            try (TensorScope scope = TensorScope.inference(images.backend())) {
                Tensor fine = network.fine.forward(images, Activation.RELU);
                Tensor coarse = network.coarse.forward(fine);
                Map<Integer, Tensor> maps = Map.of(2, fine, 3, coarse);
                return levels.stream().map(maps::get).map(scope::keep).toList();
            }
        }

        @Override
        public void close() {
            network.parameters.close();
        }
    }
}
