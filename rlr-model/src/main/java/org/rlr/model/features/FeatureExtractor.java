package org.rlr.model.features;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.rlr.model.backbone.Backbone;
import org.rlr.model.config.RlrConfig;
import org.rlr.tensor.Tensor;
import org.rlr.tensor.autograd.FusedFunctions;

/**
 * Converts images to the tokens that the transformers receive (RLR §2): the backbone's feature maps, standardised if
 * the backbone or the configuration requires it, and smoothed by a 3×3 average if configured.
 */
public final class FeatureExtractor {
    private final Backbone backbone;
    private final RlrConfig config;
    private final @Nullable List<FeatureStatistics> statistics;

    /**
     * Creates an extractor from parts that fit together; it owns none of them.
     *
     * @param backbone computes the feature maps; owned by the caller
     * @param config levels, standardisation and smoothing
     * @param statistics per level of the configuration, if features are {@linkplain #standardized(RlrConfig, Backbone)
     *     standardised}
     * @throws IllegalArgumentException if statistics are given although features are not standardised, or are missing
     *     although they are
     */
    public FeatureExtractor(Backbone backbone, RlrConfig config, @Nullable List<FeatureStatistics> statistics) {
        if (standardized(config, backbone) != (statistics != null)) {
            throw new IllegalArgumentException("give statistics if features are standardised, otherwise null");
        }
        this.backbone = backbone;
        this.config = config;
        this.statistics = statistics;
    }

    /**
     * Whether features of a backbone are standardised by statistics of the training images, as the configuration or the
     * backbone may require.
     *
     * @param config the configuration
     * @param backbone the backbone it is used with
     * @return whether {@link FeatureStatistics} are needed
     */
    public static boolean standardized(RlrConfig config, Backbone backbone) {
        return config.standardize() || backbone.info().standardized();
    }

    /** {@return whether features are standardised by statistics of the training images} */
    public boolean standardized() {
        return statistics != null;
    }

    /**
     * Returns the tokens of images, in the innermost scope.
     *
     * @param images {@code [N, H, W, 3]}, normalised
     * @return per level {@code [N, h·w, C]}
     */
    public List<Tensor> tokens(Tensor images) {
        return tokens(backbone.features(images, config.levels()));
    }

    /**
     * Returns the tokens of images from their feature maps, in the innermost scope; otherwise as
     * {@link #tokens(Tensor)}.
     *
     * @param maps per level of the configuration {@code [N, h, w, C]}, neither standardised nor smoothed
     * @return per level {@code [N, h·w, C]}
     */
    public List<Tensor> tokens(List<Tensor> maps) {
        List<Tensor> tokens = new ArrayList<>();
        for (int i = 0; i < maps.size(); i++) {
            tokens.add(tokens(i, maps.get(i)));
        }
        return tokens;
    }

    /**
     * Returns the tokens of one level.
     *
     * @param level index in the configuration, from 0
     * @param map {@code [N, h, w, C]}, neither standardised nor smoothed
     * @return {@code [N, h·w, C]}
     */
    public Tensor tokens(int level, Tensor map) {
        Tensor result = map;
        if (statistics != null) {
            result = standardize(result, statistics.get(level));
        }
        if (config.averagePool()) {
            result = FusedFunctions.averagePool(result, 3);
        }
        return result.reshape(map.dim(0), map.dim(1) * map.dim(2), map.dim(3));
    }

    private static Tensor standardize(Tensor map, FeatureStatistics s) {
        float[] scale = new float[s.std().length];
        for (int c = 0; c < scale.length; c++) {
            scale[c] = 1 / s.std()[c];
        }
        return map.sub(Tensor.of(s.mean(), scale.length)).mul(Tensor.of(scale, scale.length));
    }
}
