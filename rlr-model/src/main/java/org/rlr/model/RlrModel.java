package org.rlr.model;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.rlr.model.backbone.Backbone;
import org.rlr.model.config.ModelInfo;
import org.rlr.model.features.FeatureExtractor;
import org.rlr.model.features.FeatureStatistics;
import org.rlr.model.features.ProductRecognizer;
import org.rlr.model.transformer.RlrTransformer;
import org.rlr.tensor.Tensor;
import org.rlr.tensor.TensorScope;
import org.rlr.tensor.autograd.FusedFunctions;
import org.rlr.tensor.backend.Backend;

/**
 * A trained model, ready for inference: a backbone and one transformer per feature level. May be used by several
 * threads at once. Owns its backbone and transformers, not the backend.
 */
public final class RlrModel implements AutoCloseable {
    private final Backend backend;
    private final ModelInfo info;
    private final Backbone backbone;
    private final @Nullable List<FeatureStatistics> statistics;
    private final List<RlrTransformer> levels;
    private final FeatureExtractor extractor;
    private final @Nullable ProductRecognizer recognizer;

    /**
     * A model of parts that fit, which recognises no classes; it closes them when it is closed.
     *
     * @param backend where it computes; stays the caller's
     * @param info description and configuration
     * @param backbone with the levels of the configuration
     * @param statistics per level, where features are standardised
     * @param levels transformers, one per level of the configuration, allocated for inference
     * @throws IllegalArgumentException if statistics are there where features are not standardised, or missing where
     *     they are
     */
    public RlrModel(
            Backend backend,
            ModelInfo info,
            Backbone backbone,
            @Nullable List<FeatureStatistics> statistics,
            List<RlrTransformer> levels) {
        this(backend, info, backbone, statistics, levels, null);
    }

    /**
     * A model of parts that fit; it closes them when it is closed.
     *
     * @param backend where it computes; stays the caller's
     * @param info description and configuration
     * @param backbone with the levels of the configuration
     * @param statistics per level, where features are standardised
     * @param levels transformers, one per level of the configuration, allocated for inference
     * @param recognizer tells the class of an image; null where it is not known
     * @throws IllegalArgumentException if statistics are there where features are not standardised, or missing where
     *     they are
     */
    public RlrModel(
            Backend backend,
            ModelInfo info,
            Backbone backbone,
            @Nullable List<FeatureStatistics> statistics,
            List<RlrTransformer> levels,
            @Nullable ProductRecognizer recognizer) {
        this.backend = backend;
        this.info = info;
        this.backbone = backbone;
        this.statistics = statistics;
        this.levels = List.copyOf(levels);
        this.extractor = new FeatureExtractor(backbone, info.config(), statistics);
        this.recognizer = recognizer;
    }

    /** {@return where it computes} */
    public Backend backend() {
        return backend;
    }

    /** {@return settings, training, thresholds} */
    public ModelInfo info() {
        return info;
    }

    /** {@return the feature extractor} */
    public Backbone backbone() {
        return backbone;
    }

    /** {@return statistics by which features are standardised, per level, where the backbone needs that} */
    public @Nullable List<FeatureStatistics> statistics() {
        return statistics;
    }

    /**
     * What tells the class of an image. Training leaves it where the classes of the training images are known.
     *
     * @return the recogniser; null in models of older files and of other programs
     */
    public @Nullable ProductRecognizer recognizer() {
        return recognizer;
    }

    /** Gives back the memory that backend and backbone keep for reuse; calls in progress are not touched. */
    public void trim() {
        backend.trim();
        backbone.trim();
    }

    /** {@return the transformers, one per level of the configuration} */
    public List<RlrTransformer> levels() {
        return levels;
    }

    /**
     * A level's tokens and what the transformer makes of them.
     *
     * @param tokens {@code [N, h·w, C]}
     * @param reconstruction of the same shape
     */
    public record Reconstruction(Tensor tokens, Tensor reconstruction) {}

    /**
     * The tokens that the transformers see (RLR §2), in the innermost scope.
     *
     * @param images {@code [N, H, W, 3]}, normalised as the backbone wants it
     * @return per level {@code [N, h·w, C]}
     */
    public List<Tensor> tokens(Tensor images) {
        return extractor.tokens(images);
    }

    /**
     * The tokens of images by their feature maps, as the backbone gives them, and their reconstructions, per level, in
     * the innermost scope.
     *
     * @param maps per level of the configuration {@code [N, h, w, C]}
     * @return per level tokens and reconstruction, {@code [N, h·w, C]} each
     */
    public List<Reconstruction> reconstruct(List<Tensor> maps) {
        List<Tensor> tokens = extractor.tokens(maps);
        List<Reconstruction> reconstructions = new ArrayList<>();
        for (int i = 0; i < levels.size(); i++) {
            reconstructions.add(new Reconstruction(tokens.get(i), levels.get(i).reconstruct(tokens.get(i))));
        }
        return reconstructions;
    }

    /**
     * How far each token of a level is from its reconstruction (RLR §9), in the innermost scope.
     *
     * @param level its place in the configuration
     * @param map feature map of images {@code [N, h, w, C]}, as the backbone gives it
     * @return {@code [N, h·w]}
     */
    public Tensor tokenScores(int level, Tensor map) {
        return TensorScope.closingIntermediates(() -> {
            Tensor tokens = extractor.tokens(level, map);
            return FusedFunctions.tokenScores(levels.get(level).reconstruct(tokens), tokens);
        });
    }

    /**
     * The same model, of the same parts, with another description of the same configuration; of the two only one is to
     * be closed.
     *
     * @param other of the same configuration
     * @return a model of these parts
     */
    public RlrModel with(ModelInfo other) {
        return new RlrModel(backend, other, backbone, statistics, levels, recognizer);
    }

    /** Gives back the memory of the backbone and the transformers. */
    @Override
    public void close() {
        levels.forEach(RlrTransformer::close);
        backbone.close();
    }
}
