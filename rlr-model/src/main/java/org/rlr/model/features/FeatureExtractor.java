package org.rlr.model.features;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.rlr.model.backbone.Backbone;
import org.rlr.model.config.RlrConfig;
import org.rlr.tensor.Tensor;
import org.rlr.tensor.autograd.FusedFunctions;

/**
 * Images to the tokens that the transformers see (RLR §2): feature maps of the backbone, standardised where the
 * backbone or the configuration wants it, smoothed by a 3×3 average where configured, as tokens.
 */
public final class FeatureExtractor {
    private final Backbone backbone;
    private final RlrConfig config;
    private final @Nullable List<FeatureStatistics> statistics;

    /**
     * An extractor of parts that fit; it owns none of them.
     *
     * @param backbone gives the feature maps; stays the caller's
     * @param config levels, standardisation and smoothing
     * @param statistics per level of the configuration, where features are {@linkplain #standardized(RlrConfig,
     *     Backbone) standardised}
     * @throws IllegalArgumentException if statistics are there where features are not standardised, or missing where
     *     they are
     */
    public FeatureExtractor(Backbone backbone, RlrConfig config, @Nullable List<FeatureStatistics> statistics) {
        if (standardized(config, backbone) != (statistics != null)) {
            throw new IllegalArgumentException("statistics go with standardised features, and only with them");
        }
        this.backbone = backbone;
        this.config = config;
        this.statistics = statistics;
    }

    /**
     * Whether features of a backbone are standardised by statistics of the training images: because the configuration
     * or the backbone wants it.
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
     * The tokens of images, in the innermost scope.
     *
     * @param images {@code [N, H, W, 3]}, normalised
     * @return per level {@code [N, h·w, C]}
     */
    public List<Tensor> tokens(Tensor images) {
        return tokens(backbone.features(images, config.levels()));
    }

    /**
     * The tokens of images by their feature maps, per level {@code [N, h, w, C]}, in the innermost scope: as
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
     * The same of one level, by its place in the configuration.
     *
     * @param level place in the configuration, from 0
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
