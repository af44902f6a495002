package org.rlr.model.backbone.vit;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.IntStream;
import org.rlr.model.backbone.Backbone;
import org.rlr.model.backbone.BackboneInfo;
import org.rlr.model.backbone.BackboneProvider;
import org.rlr.model.backbone.StateDict;
import org.rlr.model.backbone.vit.VisionTransformer.Architecture;
import org.rlr.model.config.FeatureLevel;
import org.rlr.tensor.Tensor;
import org.rlr.tensor.backend.Backend;

/**
 * DINOv2's Vision Transformers, with timm's names. A level is a block, from 0; all have stride 14 and the channels of a
 * token. The default levels are the last blocks of the shallow and of the deep group that Dinomaly (Guo et al., CVPR
 * 2025) reconstructs; the default image size is also Dinomaly's.
 */
public final class VisionTransformerProvider implements BackboneProvider {
    private static final int IMAGE_SIZE = 392;
    /** The final normalisation, which levels do not use, the classifier, and tensors that only training uses. */
    private static final String BESIDE = "(norm|fc_norm|head)\\..*|mask_token";

    private static final Map<String, Architecture> ARCHITECTURES = architectures();

    private static Map<String, Architecture> architectures() {
        Map<String, Architecture> all = new LinkedHashMap<>();
        for (int registers : new int[] {0, 4}) {
            String suffix = "_patch14" + (registers == 0 ? "" : "_reg" + registers) + "_dinov2";
            all.put("vit_small" + suffix, new Architecture(384, 12, 6, registers, List.of(5, 9)));
            all.put("vit_base" + suffix, new Architecture(768, 12, 12, registers, List.of(5, 9)));
            all.put("vit_large" + suffix, new Architecture(1024, 24, 16, registers, List.of(10, 18)));
        }
        return all;
    }

    private static Architecture architecture(String name) {
        return Objects.requireNonNull(ARCHITECTURES.get(name), name);
    }

    /** Creates the provider. */
    public VisionTransformerProvider() {}

    @Override
    public List<String> names() {
        return List.copyOf(ARCHITECTURES.keySet());
    }

    @Override
    public BackboneInfo info(String name) {
        Architecture architecture = architecture(name);
        List<FeatureLevel> levels = IntStream.range(0, architecture.depth())
                .mapToObj(block -> new FeatureLevel(block, architecture.width(), VisionTransformer.PATCH))
                .toList();
        return BackboneInfo.builder(name, levels)
                .parameters(new VisionTransformer(architecture, architecture.depth() - 1)
                        .parameters()
                        .count())
                .beside(BESIDE)
                .defaults(architecture.levels(), IMAGE_SIZE)
                .build();
    }

    private static VisionTransformer network(String name, List<Integer> levels) {
        return new VisionTransformer(architecture(name), levels.get(levels.size() - 1));
    }

    @Override
    public Map<String, int[]> weightShapes(String name, List<Integer> levels) {
        return network(name, levels).parameters().stateShapes();
    }

    @Override
    public Backbone create(String name, Backend backend, List<Integer> levels, StateDict weights, String origin) {
        VisionTransformer network = network(name, levels);
        network.parameters().loadFrozen(backend, weights, origin);
        return new Loaded(info(name), network, weights);
    }

    private record Loaded(BackboneInfo info, VisionTransformer network, StateDict weights) implements Backbone {
        @Override
        public List<Tensor> features(Tensor images, List<Integer> levels) {
            return network.features(images, levels);
        }

        @Override
        public void close() {
            network.close();
        }
    }
}
