package org.rlr.model.backbone;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.rlr.tensor.RlrException;

/** Takes from a state dict what a network needs, and refuses one that is another network's. */
final class BackboneWeights {
    /** Differences named in a message. */
    private static final int NAMED = 10;
    /**
     * What published files hold beside the feature layers: counters of training, the classifier and the convolution
     * before it.
     */
    private static final Pattern BESIDE =
            Pattern.compile(".*\\.num_batches_tracked|(classifier|fc|conv_head|bn2)\\..*");

    private BackboneWeights() {}

    /**
     * The weights needed for a level, by name. The file need not hold those of deeper levels.
     *
     * @throws RlrException listing what is missing, has another shape or does not belong
     */
    static Map<String, Backbone.Weight> read(Network network, int level, StateDict source, String origin) {
        requireFit(network, level, source, origin);
        Map<String, Backbone.Weight> weights = new LinkedHashMap<>();
        network.tensors(level)
                .forEach((name, shape) -> weights.put(name, new Backbone.Weight(shape, source.values(name))));
        return Collections.unmodifiableMap(weights);
    }

    /** Checks that a state dict holds what a network needs for a level. @throws RlrException as {@link #read} */
    static void requireFit(Network network, int level, StateDict source, String origin) {
        List<String> differences = differences(network, level, source);
        if (!differences.isEmpty()) {
            List<String> fitting = Backbones.networksFor(source, level);
            throw new RlrException(origin + " does not hold the weights of '" + network.name() + "' that feature level "
                    + level + " needs, it is for another architecture: "
                    + String.join(", ", differences.subList(0, Math.min(NAMED, differences.size())))
                    + (differences.size() > NAMED ? " and " + (differences.size() - NAMED) + " more" : "")
                    + (fitting.isEmpty()
                            ? "; give a file of timm's weights for '" + network.name() + "'"
                            : "; it fits the backbone " + String.join(" or ", fitting)));
        }
    }

    /** How a state dict differs from what a network needs; empty if it fits. */
    static List<String> differences(Network network, int level, StateDict source) {
        List<String> missing = new ArrayList<>();
        List<String> shapes = new ArrayList<>();
        List<String> unexpected = new ArrayList<>();
        network.tensors(level).forEach((name, shape) -> {
            int[] actual = source.shape(name);
            if (actual == null) {
                missing.add(name + " is missing");
            } else if (!Arrays.equals(actual, shape)) {
                shapes.add(name + " has shape " + Arrays.toString(actual) + " instead of " + Arrays.toString(shape));
            }
        });
        Map<String, int[]> all = network.tensors(network.deepest());
        for (String name : source.names()) {
            if (!all.containsKey(name) && !BESIDE.matcher(name).matches()) {
                unexpected.add(name + " does not belong to it");
            }
        }
        // some of each kind first, so that the list shows what sort of file it is
        List<String> differences = new ArrayList<>();
        for (int i = 0; i < Math.max(missing.size(), Math.max(shapes.size(), unexpected.size())); i++) {
            for (List<String> kind : List.of(missing, shapes, unexpected)) {
                if (i < kind.size()) {
                    differences.add(kind.get(i));
                }
            }
        }
        return differences;
    }
}
