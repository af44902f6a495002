package org.rlr.model.backbone;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.rlr.tensor.RlrException;
import org.rlr.tensor.backend.Backend;
import org.rlr.tensor.io.CloseNames;

/** The backbones there are, by name. Adding an architecture is one line here. */
public final class Backbones {
    /** The backbone that is taken where no weights are given: it needs none. */
    public static final String WEIGHT_FREE = ScatteringBackbone.NAME;
    /** The published backbone. */
    public static final String PUBLISHED = "tf_efficientnet_b6";

    private static final Map<String, Supplier<Network>> NETWORKS = networks();

    private Backbones() {}

    private static Map<String, Supplier<Network>> networks() {
        Map<String, Supplier<Network>> networks = new LinkedHashMap<>();
        double[][] scales = {{1, 1}, {1, 1.1}, {1.1, 1.2}, {1.2, 1.4}, {1.4, 1.8}, {1.6, 2.2}, {1.8, 2.6}, {2, 3.1}};
        int liteScales = 5;
        for (String prefix : List.of("", "tf_")) {
            boolean tensorflow = !prefix.isEmpty();
            for (int i = 0; i < scales.length; i++) {
                efficientNet(networks, prefix + "efficientnet_b" + i, tensorflow, false, scales[i]);
            }
            for (int i = 0; i < liteScales; i++) {
                efficientNet(networks, prefix + "efficientnet_lite" + i, tensorflow, true, scales[i]);
            }
        }
        resNet(networks, "resnet18", new int[] {2, 2, 2, 2}, false, 1);
        resNet(networks, "resnet34", new int[] {3, 4, 6, 3}, false, 1);
        resNet(networks, "resnet50", new int[] {3, 4, 6, 3}, true, 1);
        resNet(networks, "resnet101", new int[] {3, 4, 23, 3}, true, 1);
        resNet(networks, "wide_resnet50_2", new int[] {3, 4, 6, 3}, true, 2);
        return networks;
    }

    private static void efficientNet(
            Map<String, Supplier<Network>> networks, String name, boolean tensorflow, boolean lite, double[] scale) {
        networks.put(name, () -> EfficientNet.network(name, tensorflow, lite, scale[0], scale[1]));
    }

    private static void resNet(
            Map<String, Supplier<Network>> networks, String name, int[] blocks, boolean bottleneck, int wide) {
        networks.put(name, () -> ResNet.network(name, blocks, bottleneck, wide));
    }

    /** {@return the names by which backbones are chosen} */
    public static List<String> names() {
        List<String> names = new ArrayList<>(List.of(WEIGHT_FREE));
        names.addAll(NETWORKS.keySet());
        return names;
    }

    /**
     * What a backbone is, without its weights.
     *
     * @param name as in {@link #names}
     * @return levels, channels and input
     * @throws RlrException if there is none of that name, naming close ones
     */
    public static BackboneInfo info(String name) {
        return name.equals(WEIGHT_FREE)
                ? ScatteringBackbone.INFO
                : network(name).info();
    }

    /**
     * Names, as timm has them, and shapes of the weights that a backbone needs for a feature level; empty if it needs
     * none.
     *
     * @param name as in {@link #names}
     * @param level the deepest feature level that is wanted
     * @return extents by name, convolutions as {@code [out, in/groups, k, k]}
     * @throws RlrException if there is no backbone of that name or it has no such level
     */
    public static Map<String, int[]> weightShapes(String name, int level) {
        if (name.equals(WEIGHT_FREE)) {
            return Map.of();
        }
        Network network = network(name);
        if (!network.channels().containsKey(level)) {
            throw new RlrException("backbone '" + name + "' has no level " + level + "; its levels are "
                    + network.channels().keySet());
        }
        return network.tensors(level);
    }

    /**
     * A backbone ready for use.
     *
     * @param name as in {@link #names}
     * @param backend where it computes
     * @param levels the feature levels that will be asked for; weights of deeper layers are not loaded
     * @param weights its weights in timm's names; null where there are none
     * @param origin what the weights are, for messages: a file
     * @return the backbone; the caller closes it
     * @throws RlrException if there is no backbone of that name, it has no such level, it needs weights and there are
     *     none, or they are another architecture's
     */
    public static Backbone create(
            String name, Backend backend, List<Integer> levels, StateDict weights, String origin) {
        if (name.equals(WEIGHT_FREE)) {
            return new ScatteringBackbone();
        }
        Network network = network(name);
        if (weights == null) {
            throw new RlrException(
                    "backbone '" + name + "' needs weights: download them with 'rlr weights get " + name
                            + "', or give a file of timm's weights for it (SafeTensors or .pth) with --weights, or take --backbone scattering, which needs none");
        }
        return new ConvolutionalBackbone(network, backend, levels, weights, origin);
    }

    /**
     * A backbone with its weights from a file.
     *
     * @param name as in {@link #names}
     * @param weights a file of timm's weights, SafeTensors or .pth; null for a backbone that needs none
     * @param levels the feature levels that will be asked for
     * @param backend where it computes
     * @return the backbone; the caller closes it
     * @throws RlrException as {@link #create}, or if the file cannot be read, or weights are given to a backbone that
     *     has none
     */
    public static Backbone open(String name, Path weights, List<Integer> levels, Backend backend) {
        if (weights == null) {
            return create(name, backend, levels, null, null);
        }
        if (name.equals(WEIGHT_FREE)) {
            throw new RlrException("backbone 'scattering' takes no weights; name the backbone that " + weights
                    + " belongs to with --backbone");
        }
        try (WeightsFile file = WeightsFile.open(weights)) {
            return create(name, backend, levels, file.weights(), weights.toString());
        }
    }

    static Network network(String name) {
        Supplier<Network> network = NETWORKS.get(name);
        if (network == null) {
            List<String> close = CloseNames.of(name, names(), 3);
            throw new RlrException("unknown backbone '" + name + "'"
                    + (close.isEmpty()
                            ? "; the command 'backbones' lists those there are"
                            : ", did you mean '" + String.join("' or '", close) + "'?"));
        }
        return network.get();
    }

    /**
     * The names of the backbones that a state dict has all the weights of.
     *
     * @param weights in timm's names
     * @return names of backbones, none where the weights are another architecture's
     */
    public static List<String> fitting(StateDict weights) {
        List<String> fitting = new ArrayList<>();
        NETWORKS.forEach((name, network) -> {
            Network n = network.get();
            if (BackboneWeights.differences(n, n.deepest(), weights).isEmpty()) {
                fitting.add(name);
            }
        });
        return fitting;
    }

    /**
     * Checks that a state dict has all the weights of a backbone, by names and shapes.
     *
     * @param name as in {@link #names}
     * @param weights in timm's names
     * @param origin what it is, for messages: a file
     * @throws RlrException if there is no backbone of that name, it needs none, or they are another architecture's
     */
    public static void requireFit(String name, StateDict weights, String origin) {
        if (name.equals(WEIGHT_FREE)) {
            throw new RlrException(
                    "backbone '" + name + "' takes no weights; name the backbone that " + origin + " belongs to");
        }
        Network network = network(name);
        BackboneWeights.requireFit(network, network.deepest(), weights, origin);
    }

    /** The names of the networks that a state dict has the weights of, as far as a level needs them. */
    static List<String> networksFor(StateDict weights, int level) {
        List<String> fitting = new ArrayList<>();
        NETWORKS.forEach((name, network) -> {
            if (BackboneWeights.differences(network.get(), level, weights).isEmpty()) {
                fitting.add(name);
            }
        });
        return fitting;
    }
}
