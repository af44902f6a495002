package org.rlr.model.backbone;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.rlr.model.config.FeatureLevel;
import org.rlr.tensor.InvalidSettingException;
import org.rlr.tensor.RlrException;
import org.rlr.tensor.Services;
import org.rlr.tensor.backend.Backend;
import org.rlr.tensor.io.CloseNames;
import org.rlr.tensor.io.TensorFileException;

/** The backbones by name, of every {@link BackboneProvider} on the class path. */
public final class Backbones {
    /** The backbone that is taken where no weights are given: it needs none. */
    public static final String WEIGHT_FREE = ScatteringBackbone.NAME;
    /** The published backbone. */
    public static final String PUBLISHED = "tf_efficientnet_b6";

    private static final Map<String, BackboneInfo> INFOS = new ConcurrentHashMap<>();

    private static @Nullable Map<String, BackboneProvider> found;

    private Backbones() {}

    private static synchronized Map<String, BackboneProvider> providers() {
        if (found == null) {
            found = Services.byName(
                    Services.load(BackboneProvider.class, "backbones"), BackboneProvider::names, "backbones");
        }
        return found;
    }

    /**
     * The names by which backbones are chosen.
     *
     * @return unmodifiable
     * @throws RlrException if a provider on the class path cannot be used
     */
    public static List<String> names() {
        return List.copyOf(providers().keySet());
    }

    /**
     * The description of a backbone, without its weights.
     *
     * @param name as in {@link #names}
     * @return levels, input and defaults
     * @throws RlrException if there is none of that name, naming close ones, or its description is wrong
     */
    public static BackboneInfo info(String name) {
        BackboneProvider provider = provider(name);
        return INFOS.computeIfAbsent(name, key -> described(provider, name));
    }

    /** What a provider says of a backbone. @throws RlrException if that cannot be right */
    static BackboneInfo described(BackboneProvider provider, String name) {
        try {
            BackboneInfo info = provider.info(name);
            if (!info.name().equals(name)) {
                throw new IllegalArgumentException("it calls itself '" + info.name() + "'");
            }
            return info;
        } catch (RlrException | IllegalArgumentException e) {
            throw new RlrException(
                    "the backbone '" + name + "' of " + provider.getClass().getName() + " cannot be used: "
                            + e.getMessage(),
                    "correct it or take its jar off the class path",
                    e);
        }
    }

    private static BackboneProvider provider(String name) {
        BackboneProvider provider = providers().get(name);
        if (provider == null) {
            List<String> close = CloseNames.of(name, names(), 3);
            throw new InvalidSettingException(
                    "backbone",
                    name,
                    String.join(", ", names()),
                    "unknown backbone '" + name + "'"
                            + (close.isEmpty() ? "" : ", did you mean '" + String.join("' or '", close) + "'?"),
                    close.isEmpty()
                            ? "choose one that `Backbones.names` lists, or put the jar with its BackboneProvider on the"
                                    + " class path"
                            : "");
        }
        return provider;
    }

    /**
     * Checks that the backbone named in a file is on the class path.
     *
     * @param name as the file has it
     * @param file the file, for the message
     * @throws InvalidSettingException naming the file and the backbone
     */
    public static void requireFor(String name, Object file) {
        if (!providers().containsKey(name)) {
            throw new InvalidSettingException(
                    "backbone",
                    name,
                    String.join(", ", names()),
                    file + " has the backbone '" + name + "', which is not among those on the class path",
                    "put the jar with its BackboneProvider there");
        }
    }

    /** The numbers of all levels. */
    static List<Integer> levels(BackboneInfo info) {
        return info.levels().stream().map(FeatureLevel::level).toList();
    }

    /**
     * Names, as in the published state dict, and shapes of the weights that a backbone needs for feature levels; empty
     * if it needs none.
     *
     * @param name as in {@link #names}
     * @param levels the feature levels that are wanted, ascending
     * @return extents by name, convolutions as {@code [out, in/groups, k, k]}
     * @throws InvalidSettingException if there is no backbone of that name or it has no such level
     */
    public static Map<String, int[]> weightShapes(String name, List<Integer> levels) {
        levels.forEach(info(name)::level);
        return provider(name).weightShapes(name, levels);
    }

    /**
     * A backbone ready for use.
     *
     * @param name as in {@link #names}
     * @param backend where it computes
     * @param levels the feature levels that will be asked for, ascending; weights of deeper layers are not loaded
     * @param weights its weights by their published names; null where there are none
     * @param origin what the weights are, for messages: a file
     * @return the backbone; the caller closes it
     * @throws InvalidSettingException if there is no backbone of that name, it has no such level, or it needs weights
     *     and there are none
     * @throws TensorFileException if the weights are another architecture's
     */
    public static Backbone create(
            String name, Backend backend, List<Integer> levels, @Nullable StateDict weights, String origin) {
        BackboneInfo info = info(name);
        Map<String, int[]> shapes = weightShapes(name, levels);
        if (!info.needsWeights()) {
            return provider(name).create(name, backend, levels, StateDict.NONE, origin);
        }
        if (weights == null) {
            throw new InvalidSettingException(
                    "weights",
                    "null",
                    "a file of weights",
                    "backbone '" + name + "' needs weights",
                    "download them with `WeightsDownloader.get(" + name
                            + ")`, or give a file of timm's weights for it (SafeTensors or .pth) with `weights`, or"
                            + " take `backbone` " + WEIGHT_FREE + ", which needs none");
        }
        BackboneWeights.requireFit(info, levels, weights, origin);
        return provider(name).create(name, backend, levels, weights.inMemory(shapes.keySet()), origin);
    }

    /**
     * A backbone with its weights from a file.
     *
     * @param name as in {@link #names}
     * @param weights a file of its weights, SafeTensors or .pth; null for a backbone that needs none
     * @param levels the feature levels that will be asked for, ascending
     * @param backend where it computes
     * @return the backbone; the caller closes it
     * @throws InvalidSettingException as {@link #create}, or if weights are given to a backbone that has none
     * @throws TensorFileException as {@link #create}, or if the file cannot be read
     */
    public static Backbone open(String name, @Nullable Path weights, List<Integer> levels, Backend backend) {
        if (weights == null) {
            return create(name, backend, levels, null, "no weights");
        }
        requireWeights(name, weights.toString());
        try (WeightsFile file = WeightsFile.open(weights)) {
            return create(name, backend, levels, file.weights(), weights.toString());
        }
    }

    private static BackboneInfo requireWeights(String name, String origin) {
        BackboneInfo info = info(name);
        if (!info.needsWeights()) {
            throw new InvalidSettingException(
                    "weights",
                    origin,
                    "none",
                    "backbone '" + name + "' takes no weights",
                    "name the `backbone` that " + origin + " belongs to");
        }
        return info;
    }

    /**
     * The names of the backbones that a state dict has all the weights of.
     *
     * @param weights by their published names
     * @return names of backbones, none where the weights are another architecture's
     */
    public static List<String> fitting(StateDict weights) {
        return fitting(weights, List.of());
    }

    /** Those that it has the weights of as far as levels need them; of all levels if none is given. */
    static List<String> fitting(StateDict weights, List<Integer> wanted) {
        return names().stream()
                .map(Backbones::info)
                .filter(BackboneInfo::needsWeights)
                .filter(info -> levels(info).containsAll(wanted))
                .filter(info -> BackboneWeights.differences(info, wanted.isEmpty() ? levels(info) : wanted, weights)
                        .isEmpty())
                .map(BackboneInfo::name)
                .toList();
    }

    /**
     * Checks that a state dict has all the weights of a backbone, by names and shapes, and that all are numbers.
     *
     * @param name as in {@link #names}
     * @param weights by their published names
     * @param origin what it is, for messages: a file
     * @throws InvalidSettingException if there is no backbone of that name, or it needs no weights
     * @throws TensorFileException if they are another architecture's, or naming a tensor that holds NaN or infinity, or
     *     a variance below 0
     */
    public static void requireFit(String name, StateDict weights, String origin) {
        BackboneInfo info = requireWeights(name, origin);
        BackboneWeights.requireFit(info, levels(info), weights, origin);
        weightShapes(name, levels(info))
                .keySet()
                .forEach(tensor -> BackboneWeights.requireNumbers(tensor, weights, origin));
    }
}
