package org.rlr.model.backbone;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntFunction;
import org.rlr.model.config.Normalization;
import org.rlr.tensor.backend.Backend;

/** Provider of a family of convolutional networks, with timm's names. */
abstract class ConvolutionalProvider implements BackboneProvider {
    /** Training counters, the classifier and the convolution before it. */
    private static final String BESIDE = ".*\\.num_batches_tracked|(classifier|fc|conv_head|bn2)\\..*";

    private final Map<String, Architecture> architectures = new LinkedHashMap<>();

    /** Builds a network up to a level. */
    private record Architecture(Normalization normalization, IntFunction<Network> network) {}

    /** Adds a network, built up to a feature level; {@link Integer#MAX_VALUE} builds all of it. */
    final void add(String name, Normalization normalization, IntFunction<Network> network) {
        architectures.put(name, new Architecture(normalization, network));
    }

    @Override
    public final List<String> names() {
        return List.copyOf(architectures.keySet());
    }

    @Override
    public final BackboneInfo info(String name) {
        Network network = network(name, List.of(Integer.MAX_VALUE));
        long parameters = network.parameters().stateShapes().entrySet().stream()
                .filter(each -> !each.getKey().matches(".*\\.running_(mean|var)"))
                .mapToLong(each -> Arrays.stream(each.getValue()).asLongStream().reduce(1, Math::multiplyExact))
                .sum();
        return BackboneInfo.builder(name, network.levels())
                .normalization(architecture(name).normalization)
                .parameters(parameters)
                .beside(BESIDE)
                .build();
    }

    private Architecture architecture(String name) {
        Architecture known = architectures.get(name);
        if (known == null) {
            throw new IllegalArgumentException("'" + name + "' is none of " + architectures.keySet());
        }
        return known;
    }

    private Network network(String name, List<Integer> levels) {
        return architecture(name).network.apply(levels.get(levels.size() - 1));
    }

    @Override
    public final Map<String, int[]> weightShapes(String name, List<Integer> levels) {
        return network(name, levels).parameters().stateShapes();
    }

    @Override
    public final Backbone create(String name, Backend backend, List<Integer> levels, StateDict weights, String origin) {
        return new ConvolutionalBackbone(info(name), network(name, levels), backend, weights, origin);
    }
}
