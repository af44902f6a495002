package org.rlr.model.backbone.vit;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.rlr.model.backbone.Backbone;
import org.rlr.model.backbone.BackboneInfo;
import org.rlr.model.backbone.BackboneProvider;
import org.rlr.model.backbone.StateDict;
import org.rlr.model.backbone.vit.VisionTransformer.Architecture;
import org.rlr.model.config.FeatureLevel;
import org.rlr.tensor.backend.Backend;

/**
 * Vision Transformers of DINOv2 by timm's names. A level is a block, from 0; all have stride 14 and as many channels as
 * a token. The default levels are the last blocks of the two groups, shallow and deep, that Dinomaly (Guo et al., CVPR
 * 2025) reconstructs, its default size is that of the images there.
 */
public final class VisionTransformerProvider implements BackboneProvider {
    private static final int IMAGE_SIZE = 392;
    /** The final normalisation, which levels do not have, a classifier, and what only training uses. */
    private static final String BESIDE = "(norm|fc_norm|head)\\..*|mask_token";

    private static final Map<String, Family> FAMILIES = families();

    /** An architecture and the levels that are taken unless others are asked for. */
    private record Family(Architecture architecture, List<Integer> levels) {}

    private static Map<String, Family> families() {
        Map<String, Family> families = new LinkedHashMap<>();
        for (int registers : new int[] {0, 4}) {
            String suffix = "_patch14" + (registers == 0 ? "" : "_reg" + registers) + "_dinov2";
            families.put("vit_small" + suffix, new Family(new Architecture(384, 12, 6, registers), List.of(5, 9)));
            families.put("vit_base" + suffix, new Family(new Architecture(768, 12, 12, registers), List.of(5, 9)));
            families.put("vit_large" + suffix, new Family(new Architecture(1024, 24, 16, registers), List.of(10, 18)));
        }
        return families;
    }

    /** Makes the provider. */
    public VisionTransformerProvider() {}

    @Override
    public List<String> names() {
        return List.copyOf(FAMILIES.keySet());
    }

    @Override
    public BackboneInfo info(String name) {
        Architecture architecture = FAMILIES.get(name).architecture;
        List<FeatureLevel> levels = IntStream.range(0, architecture.depth())
                .mapToObj(block -> new FeatureLevel(block, architecture.width(), VisionTransformer.PATCH))
                .toList();
        return BackboneInfo.builder(name, levels)
                .parameters(new VisionTransformer(architecture, architecture.depth() - 1)
                        .parameters()
                        .count())
                .beside(BESIDE)
                .defaults(FAMILIES.get(name).levels, IMAGE_SIZE)
                .build();
    }

    private static VisionTransformer network(String name, List<Integer> levels) {
        return new VisionTransformer(FAMILIES.get(name).architecture, levels.get(levels.size() - 1));
    }

    @Override
    public Map<String, int[]> weightShapes(String name, List<Integer> levels) {
        return network(name, levels).parameters().stateShapes();
    }

    @Override
    public Backbone create(String name, Backend backend, List<Integer> levels, StateDict weights, String origin) {
        return network(name, levels).load(info(name), backend, weights, origin);
    }
}
