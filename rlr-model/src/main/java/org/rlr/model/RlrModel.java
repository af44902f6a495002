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
 * A trained model, ready for inference: a backbone and one transformer per feature level. Safe for use by several
 * threads. Owns its backbone and transformers; the backend belongs to the caller.
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
     * Creates a model without class recognition from parts that fit together; {@link #close} closes them.
     *
     * @param backend the backend to compute on; owned by the caller
     * @param info description and configuration
     * @param backbone a backbone with the levels of the configuration
     * @param statistics per level, if features are standardised
     * @param levels transformers, one per level of the configuration, allocated for inference
     * @throws IllegalArgumentException if statistics are given although features are not standardised, or are missing
     *     although they are
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
     * Creates a model from parts that fit together; {@link #close} closes them.
     *
     * @param backend the backend to compute on; owned by the caller
     * @param info description and configuration
     * @param backbone a backbone with the levels of the configuration
     * @param statistics per level, if features are standardised
     * @param levels transformers, one per level of the configuration, allocated for inference
     * @param recognizer recognises the class of an image; null for none
     * @throws IllegalArgumentException if statistics are given although features are not standardised, or are missing
     *     although they are
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

    /** {@return the backend it computes on} */
    public Backend backend() {
        return backend;
    }

    /** {@return settings, training record and thresholds} */
    public ModelInfo info() {
        return info;
    }

    /** {@return the feature extractor} */
    public Backbone backbone() {
        return backbone;
    }

    /** {@return statistics that standardise features, per level; null if features are not standardised} */
    public @Nullable List<FeatureStatistics> statistics() {
        return statistics;
    }

    /**
     * Recognises the class of an image. Training stores a recogniser if the classes of the training images are known.
     *
     * @return the recogniser; null in models of older versions and of other programs
     */
    public @Nullable ProductRecognizer recognizer() {
        return recognizer;
    }

    /** Releases the memory that backend and backbone keep for reuse; calls in progress are not affected. */
    public void trim() {
        backend.trim();
        backbone.trim();
    }

    /** {@return the transformers, one per level of the configuration} */
    public List<RlrTransformer> levels() {
        return levels;
    }

    /**
     * A level's tokens and their reconstruction by the transformer.
     *
     * @param tokens {@code [N, h·w, C]}
     * @param reconstruction of the same shape
     */
    public record Reconstruction(Tensor tokens, Tensor reconstruction) {}

    /**
     * Returns the tokens that the transformers receive (RLR §2), in the innermost scope.
     *
     * @param images {@code [N, H, W, 3]}, normalised as the backbone requires
     * @return per level {@code [N, h·w, C]}
     */
    public List<Tensor> tokens(Tensor images) {
        return extractor.tokens(images);
    }

    /**
     * Returns the tokens of images and their reconstructions, per level, from the backbone's feature maps, in the
     * innermost scope.
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
     * Distances of a level's tokens from their reconstructions (RLR §9), in the innermost scope.
     *
     * @param level index in the configuration
     * @param map feature map of images {@code [N, h, w, C]}, as returned by the backbone
     * @return {@code [N, h·w]}
     */
    public Tensor tokenScores(int level, Tensor map) {
        return TensorScope.closingIntermediates(() -> {
            Tensor tokens = extractor.tokens(level, map);
            return FusedFunctions.tokenScores(levels.get(level).reconstruct(tokens), tokens);
        });
    }

    /**
     * Returns a model with the same parts and configuration and another description. Close only one of the two models.
     *
     * @param other description with the same configuration
     * @return a model that shares the parts of this one
     */
    public RlrModel with(ModelInfo other) {
        return new RlrModel(backend, other, backbone, statistics, levels, recognizer);
    }

    /** Releases the memory of the backbone and the transformers. */
    @Override
    public void close() {
        levels.forEach(RlrTransformer::close);
        backbone.close();
    }
}
