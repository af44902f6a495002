package org.rlr.model.checkpoint;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.rlr.model.ModelException;
import org.rlr.model.backbone.Backbone;
import org.rlr.model.backbone.BackboneInfo;
import org.rlr.model.backbone.Backbones;
import org.rlr.model.backbone.StateDict;
import org.rlr.model.config.FeatureLevel;
import org.rlr.model.config.LevelConfig;
import org.rlr.model.config.Normalization;
import org.rlr.model.config.RlrConfig;
import org.rlr.model.config.Tiling;
import org.rlr.model.data.ImageSize;
import org.rlr.model.transformer.RlrTransformer;
import org.rlr.tensor.InvalidSettingException;
import org.rlr.tensor.backend.Backend;
import org.rlr.tensor.io.TensorFileException;
import org.rlr.tensor.nn.Parameter;

/**
 * Converts a checkpoint to a model of this program. Settings that names and shapes of the tensors do not determine come
 * from options or are the defaults of the PyTorch implementation.
 */
public final class CheckpointImport {
    /** The backbones of the PyTorch implementation. */
    private static final List<String> BACKBONES = List.of(Backbones.PUBLISHED, "wide_resnet50_2");

    private final RlrConfig config;
    /** State dicts by feature level, ascending. */
    private final Map<Integer, StateDict> states;

    private final String origin;

    private CheckpointImport(RlrConfig config, Map<Integer, StateDict> states, String origin) {
        this.config = config;
        this.states = states;
        this.origin = origin;
    }

    /**
     * Settings that a checkpoint does not contain.
     *
     * @param backbone the feature extractor; null to choose the one of the PyTorch implementation with matching
     *     channels
     * @param levels feature levels in the order of the checkpoint; null to choose those with matching channels
     * @param imageSize size that images are resized to; null to choose a matching square size, preferably the
     *     backbone's default
     * @param heads attention heads
     * @param averagePool whether feature maps are smoothed by a 3×3 average
     * @param tiling how images are cut into tiles of that size; null if they are resized to it
     * @param windows window size by level, see {@link RlrConfig#windows}; null to derive it from the grid
     * @param normalization normalisation of pixels; null for the backbone's
     */
    public record Options(
            @Nullable String backbone,
            @Nullable List<Integer> levels,
            @Nullable ImageSize imageSize,
            int heads,
            boolean averagePool,
            @Nullable Tiling tiling,
            @Nullable Map<Integer, Integer> windows,
            @Nullable Normalization normalization) {
        /** The defaults of the PyTorch implementation. */
        public static final Options USUAL = new Options(null, null, null, 8, true);

        /**
         * Creates options for whole images, with window sizes derived from the grid, and pixels normalised by
         * ImageNet's mean and deviation for every backbone, as in the PyTorch implementation.
         *
         * @param backbone the feature extractor; null to choose the one of the PyTorch implementation with matching
         *     channels
         * @param levels feature levels in the order of the checkpoint; null to choose those with matching channels
         * @param imageSize size that images are resized to; null to choose a matching square size, preferably the
         *     backbone's default
         * @param heads attention heads
         * @param averagePool whether feature maps are smoothed by a 3×3 average
         */
        public Options(
                @Nullable String backbone,
                @Nullable List<Integer> levels,
                @Nullable ImageSize imageSize,
                int heads,
                boolean averagePool) {
            this(backbone, levels, imageSize, heads, averagePool, null, null, Normalization.IMAGENET);
        }
    }

    /**
     * Deduces a model's shape.
     *
     * @param checkpoint must stay open until the transformers are created
     * @param options settings that it does not contain
     * @return shape and state dicts
     * @throws ModelException if the checkpoint holds no model, or not the levels that the options name
     * @throws InvalidSettingException if an option does not fit the checkpoint
     */
    public static CheckpointImport of(Checkpoint checkpoint, Options options) {
        List<LevelShape> shapes = new ArrayList<>();
        for (int i = 0; i < checkpoint.levels().size(); i++) {
            shapes.add(LevelShape.of(checkpoint.levels().get(i), checkpoint.origin() + " (state dict " + i + ")"));
        }
        LevelShape first = shapes.get(0);
        for (LevelShape shape : shapes) {
            if (shape.layers() != first.layers()
                    || !shape.blocks().equals(first.blocks())
                    || shape.gate() != first.gate()) {
                throw unfit(
                        checkpoint.origin()
                                + " has levels with different layers, attention blocks or gates, which one model"
                                + " file cannot hold: " + first + " and " + shape,
                        "");
            }
        }
        BackboneInfo backbone =
                options.backbone != null ? Backbones.info(options.backbone) : fitting(shapes, checkpoint.origin());
        List<Integer> levels = levels(shapes, backbone, options.levels, checkpoint.origin());
        int[] strides = strides(backbone, levels);
        int[] tokens = shapes.stream().mapToInt(LevelShape::referenceTokens).toArray();
        ImageSize size = options.imageSize;
        int refLen;
        if (size != null && size.width() != size.height()) {
            refLen = ReferenceGrid.refLen(strides, tokens, size, checkpoint.origin());
        } else {
            ReferenceGrid grid = ReferenceGrid.choose(
                    strides,
                    tokens,
                    size == null ? null : (Integer) size.height(),
                    backbone.settings().imageHeight(),
                    checkpoint.origin());
            size = new ImageSize(grid.imageSize(), grid.imageSize());
            refLen = grid.refLen();
        }
        int width = width(shapes, levels, backbone, checkpoint.origin());
        RlrConfig config = RlrConfig.builder(backbone.name())
                .imageSize(size.height(), size.width())
                .levels(levels)
                .width(width)
                .heads(options.heads)
                .normalization(backbone.normalization().equals(options.normalization) ? null : options.normalization)
                .layers(first.layers())
                .blocks(first.blocks())
                .gate(first.gate())
                .refLen(refLen)
                .averagePool(options.averagePool)
                .tiling(options.tiling)
                .windows(options.windows)
                .build();
        config.requireFits(backbone.levels());
        Map<Integer, StateDict> states = new TreeMap<>();
        for (int i = 0; i < levels.size(); i++) {
            states.put(levels.get(i), checkpoint.levels().get(i));
        }
        return new CheckpointImport(config, states, checkpoint.origin());
    }

    private static int[] strides(BackboneInfo backbone, List<Integer> levels) {
        return levels.stream().mapToInt(level -> backbone.level(level).stride()).toArray();
    }

    private static boolean has(String backbone, List<Integer> channels) {
        return Backbones.info(backbone).levels().stream()
                .map(FeatureLevel::channels)
                .toList()
                .containsAll(channels);
    }

    private static BackboneInfo fitting(List<LevelShape> shapes, String origin) {
        List<Integer> channels = shapes.stream().map(LevelShape::channels).toList();
        for (String name : BACKBONES) {
            if (has(name, channels)) {
                return Backbones.info(name);
            }
        }
        List<String> fitting =
                Backbones.names().stream().filter(name -> has(name, channels)).toList();
        throw unfit(
                origin + " was trained on feature maps of " + channels + " channels, which neither "
                        + String.join(" nor ", BACKBONES) + " has"
                        + (fitting.isEmpty() ? ": no backbone on the class path has such levels" : ""),
                fitting.isEmpty()
                        ? "put the jar with its BackboneProvider on the class path"
                        : "name its `backbone`; these have such levels: " + String.join(", ", fitting));
    }

    private static ModelException unfit(String message, String remedy) {
        return new ModelException(ModelException.Reason.DOES_NOT_FIT, message, remedy, null);
    }

    private static List<Integer> levels(
            List<LevelShape> shapes, BackboneInfo backbone, @Nullable List<Integer> given, String origin) {
        if (given != null && given.size() != shapes.size()) {
            throw new InvalidSettingException(
                    "levels",
                    given,
                    "a list of " + shapes.size(),
                    origin + " has " + shapes.size() + " levels, but `levels` names " + given.size() + ": " + given,
                    "name " + shapes.size() + " levels");
        }
        List<Integer> levels = new ArrayList<>();
        for (int i = 0; i < shapes.size(); i++) {
            int channels = shapes.get(i).channels();
            List<Integer> having = backbone.levels().stream()
                    .filter(level -> level.channels() == channels)
                    .map(FeatureLevel::level)
                    .toList();
            if (given != null) {
                having = having.contains(given.get(i)) ? List.of(given.get(i)) : List.of();
            }
            if (having.size() != 1) {
                throw unfit(
                        origin + " (state dict " + i + ") was trained on feature maps of " + channels
                                + " channels; the levels of " + backbone.name() + " have "
                                + backbone.levels().stream()
                                        .map(level -> level.level() + ": " + level.channels())
                                        .toList(),
                        having.isEmpty()
                                ? "name the right `backbone`" + (given == null ? "" : " or `levels`")
                                : "name `levels`");
            }
            levels.add(having.get(0));
        }
        if (new HashSet<>(levels).size() != levels.size()) {
            throw unfit(origin + " has two state dicts for the same level: " + levels, "name `levels`");
        }
        return levels;
    }

    /** The model width at stride 4; the width doubles with the stride (RLR §4). */
    private static int width(List<LevelShape> shapes, List<Integer> levels, BackboneInfo backbone, String origin) {
        Set<Integer> widths = new HashSet<>();
        for (int i = 0; i < levels.size(); i++) {
            int d = shapes.get(i).modelWidth();
            int doublings = backbone.level(levels.get(i)).widthDoublings();
            widths.add(doublings < 0 ? d << -doublings : d % (1 << doublings) == 0 ? d >> doublings : -1);
        }
        if (widths.size() != 1 || widths.contains(-1)) {
            throw unfit(
                    origin + " has model widths "
                            + shapes.stream().map(LevelShape::modelWidth).toList() + " at levels " + levels
                            + ", which do not double with the stride",
                    "name the right `levels`");
        }
        return widths.iterator().next();
    }

    /** {@return the deduced shape of the model} */
    public RlrConfig config() {
        return config;
    }

    /**
     * Returns other image sizes, with reference lengths, that match the checkpoint as well as that of {@link #config}.
     *
     * @return empty if no block uses the reference
     */
    public List<ReferenceGrid> alternatives() {
        int[] strides = strides(Backbones.info(config.backbone()), config.levels());
        int[] tokens = states.values().stream()
                .mapToInt(s -> LevelShape.of(s, origin).referenceTokens())
                .toArray();
        return tokens[0] == 0
                ? List.of()
                : ReferenceGrid.fitting(strides, tokens).stream()
                        .filter(g -> g.imageSize() != config.imageHeight())
                        .toList();
    }

    /**
     * Creates the transformers, one per level, ready for inference.
     *
     * @param features the backbone of the configuration
     * @param backend holds the parameters; owned by the caller
     * @return in the order of the configuration's levels; the caller closes them
     * @throws ModelException if tensors are missing, unexpected or of another shape
     */
    public List<RlrTransformer> transformers(Backbone features, Backend backend) {
        List<RlrTransformer> transformers = new ArrayList<>();
        try {
            states.forEach((level, state) -> transformers.add(load(
                    config.level(features.info().level(level)), state, backend, origin + " (level " + level + ")")));
            return transformers;
        } catch (Throwable t) {
            transformers.forEach(RlrTransformer::close);
            throw t;
        }
    }

    /** Creates a transformer from a state dict that holds exactly its tensors. */
    static RlrTransformer load(LevelConfig config, StateDict state, Backend backend, String origin) {
        RlrTransformer transformer;
        try {
            transformer = RlrTransformer.load(config, backend, state, origin);
        } catch (TensorFileException e) {
            throw ModelException.of(e);
        }
        try {
            Set<String> unknown = new HashSet<>(state.names());
            transformer.parameters().all().stream().map(Parameter::name).forEach(unknown::remove);
            if (!unknown.isEmpty()) {
                throw unfit(
                        origin + " holds tensors that do not belong to the published method: "
                                + String.join(
                                        ", ", unknown.stream().sorted().limit(8).toList())
                                + (unknown.size() > 8 ? " and " + (unknown.size() - 8) + " more" : ""),
                        "give a checkpoint of the published method; modified methods cannot be imported");
            }
            return transformer;
        } catch (Throwable t) {
            transformer.close();
            throw t;
        }
    }
}
