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

/** The backbones of every {@link BackboneProvider} on the class path, by name. */
public final class Backbones {
    /** The default backbone when no weights are given: it needs none. */
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
     * Returns the names by which backbones are chosen.
     *
     * @return unmodifiable
     * @throws RlrException if a provider on the class path cannot be used
     */
    public static List<String> names() {
        return List.copyOf(providers().keySet());
    }

    /**
     * Describes a backbone without loading its weights.
     *
     * @param name one of {@link #names}
     * @return levels, input and defaults
     * @throws RlrException if there is no backbone of that name, suggesting similar names, or its description is
     *     invalid
     */
    public static BackboneInfo info(String name) {
        BackboneProvider provider = provider(name);
        return INFOS.computeIfAbsent(name, key -> described(provider, name));
    }

    /** A provider's description of a backbone. @throws RlrException if it is invalid */
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
     * @param name name in the file
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
     * @param name one of {@link #names}
     * @param levels the requested feature levels, ascending
     * @return shapes by name, convolutions as {@code [out, in/groups, k, k]}
     * @throws InvalidSettingException if there is no backbone of that name or it has no such level
     */
    public static Map<String, int[]> weightShapes(String name, List<Integer> levels) {
        levels.forEach(info(name)::level);
        return provider(name).weightShapes(name, levels);
    }

    /**
     * Creates a backbone.
     *
     * @param name one of {@link #names}
     * @param backend the backend to compute on
     * @param levels the feature levels that will be requested, ascending; weights of deeper layers are not loaded
     * @param weights its weights by their published names; null for none
     * @param origin source of the weights for messages, such as a file
     * @return the backbone; the caller closes it
     * @throws InvalidSettingException if there is no backbone of that name, it has no such level, or it needs weights
     *     and {@code weights} is null
     * @throws TensorFileException if the weights belong to another architecture
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
     * Creates a backbone with weights from a file.
     *
     * @param name one of {@link #names}
     * @param weights a file of its weights, SafeTensors or .pth; null for a backbone without weights
     * @param levels the feature levels that will be requested, ascending
     * @param backend the backend to compute on
     * @return the backbone; the caller closes it
     * @throws InvalidSettingException as {@link #create}, or if weights are given to a backbone without weights
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
     * Returns the names of the backbones whose weights a state dict contains completely.
     *
     * @param weights by their published names
     * @return names of backbones, empty if the weights belong to another architecture
     */
    public static List<String> fitting(StateDict weights) {
        return fitting(weights, List.of());
    }

    /** Backbones whose weights for some levels it contains; for all levels if none is given. */
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
     * Checks that a state dict has all weights of a backbone, with the right names, shapes and valid values.
     *
     * @param name one of {@link #names}
     * @param weights by their published names
     * @param origin source of the weights for messages, such as a file
     * @throws InvalidSettingException if there is no backbone of that name, or it needs no weights
     * @throws TensorFileException if they belong to another architecture, or a tensor holds NaN, infinity or a negative
     *     variance
     */
    public static void requireFit(String name, StateDict weights, String origin) {
        BackboneInfo info = requireWeights(name, origin);
        BackboneWeights.requireFit(info, levels(info), weights, origin);
        weightShapes(name, levels(info))
                .keySet()
                .forEach(tensor -> BackboneWeights.requireNumbers(tensor, weights, origin));
    }
}
