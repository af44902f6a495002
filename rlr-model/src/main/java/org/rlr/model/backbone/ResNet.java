package org.rlr.model.backbone;

import java.util.List;
import org.rlr.model.config.FeatureLevel;
import org.rlr.model.config.Normalization;
import org.rlr.tensor.autograd.FusedFunctions;
import org.rlr.tensor.backend.Activation;
import org.rlr.tensor.backend.ConvGeometry;
import org.rlr.tensor.nn.Conv2d;
import org.rlr.tensor.nn.ParameterSet;

/**
 * The ResNet family (He et al., CVPR 2016; wide: Zagoruyko and Komodakis, BMVC 2016) with timm's names; a bottleneck
 * has its stride in the 3×3 convolution. Level 0 is the stem before pooling, level i the output of {@code layer_i}.
 */
final class ResNet {
    private static final double EPS = 1e-5;
    private static final int STEM_CHANNELS = 64;
    /** Ratio of a bottleneck's output width to its base width. */
    private static final int EXPANSION = 4;

    private ResNet() {}

    /** Provider of the family. */
    public static final class Provider extends ConvolutionalProvider {
        public Provider() {
            add("resnet18", new int[] {2, 2, 2, 2}, false, 1);
            add("resnet34", new int[] {3, 4, 6, 3}, false, 1);
            add("resnet50", new int[] {3, 4, 6, 3}, true, 1);
            add("resnet101", new int[] {3, 4, 23, 3}, true, 1);
            add("wide_resnet50_2", new int[] {3, 4, 6, 3}, true, 2);
        }

        /**
         * Adds an architecture.
         *
         * @param blocks blocks of each of the four layers
         * @param bottleneck use blocks of 1×1, 3×3, 1×1 convolutions instead of two 3×3
         * @param wide factor of a bottleneck's inner width
         */
        private void add(String name, int[] blocks, boolean bottleneck, int wide) {
            add(name, Normalization.IMAGENET, deepest -> network(blocks, bottleneck, wide, deepest));
        }
    }

    private static Network network(int[] blocks, boolean bottleneck, int wide, int deepest) {
        Network network = new Network();
        ParameterSet.Prefix names = network.parameters().root();
        Conv2d stem = convolution(names, "conv1", "bn1", 3, STEM_CHANNELS, 7, 2);
        network.add(x -> stem.forward(x, Activation.RELU), new FeatureLevel(0, STEM_CHANNELS, 2));
        if (deepest == 0) {
            return network;
        }
        ConvGeometry pool = ConvGeometry.padded(3, 2, 1, 1);
        network.add(x -> FusedFunctions.maxPool(x, pool));
        int channels = STEM_CHANNELS;
        for (int i = 0; i < blocks.length; i++) {
            int base = STEM_CHANNELS << i;
            int out = bottleneck ? base * EXPANSION : base;
            for (int j = 0; j < blocks[i]; j++) {
                int stride = i > 0 && j == 0 ? 2 : 1;
                ParameterSet.Prefix prefix = names.sub("layer" + (i + 1)).sub("" + j);
                Block block = new ResidualBlock(
                        bottleneck
                                ? bottleneck(prefix, channels, base * wide, out, stride)
                                : basic(prefix, channels, out, stride),
                        stride == 1 && channels == out
                                ? null
                                : convolution(prefix.sub("downsample"), "0", "1", channels, out, 1, stride));
                channels = out;
                if (j < blocks[i] - 1) {
                    network.add(block);
                } else {
                    network.add(block, new FeatureLevel(i + 1, out, 4 << i));
                }
            }
            if (i + 1 == deepest) {
                return network;
            }
        }
        return network;
    }

    private static List<Conv2d> basic(ParameterSet.Prefix prefix, int in, int out, int stride) {
        return List.of(
                convolution(prefix, "conv1", "bn1", in, out, 3, stride),
                convolution(prefix, "conv2", "bn2", out, out, 3, 1));
    }

    private static List<Conv2d> bottleneck(ParameterSet.Prefix prefix, int in, int inner, int out, int stride) {
        return List.of(
                convolution(prefix, "conv1", "bn1", in, inner, 1, 1),
                convolution(prefix, "conv2", "bn2", inner, inner, 3, stride),
                convolution(prefix, "conv3", "bn3", inner, out, 1, 1));
    }

    private static Conv2d convolution(
            ParameterSet.Prefix prefix, String name, String norm, int in, int out, int kernel, int stride) {
        ConvGeometry geometry = ConvGeometry.padded(kernel, stride, kernel / 2, 1);
        return Conv2d.folded(prefix.sub(name), prefix.sub(norm), EPS, in, out, geometry);
    }
}
