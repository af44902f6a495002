package org.rlr.model.backbone;

import java.util.ArrayList;
import java.util.List;
import org.rlr.model.data.Normalization;
import org.rlr.tensor.backend.Activation;
import org.rlr.tensor.backend.ConvGeometry;

/**
 * The ResNet family (He et al., CVPR 2016; wide: Zagoruyko and Komodakis, BMVC 2016) with timm's names, the stride of a
 * bottleneck on its 3×3 convolution. Level 0 is the stem before pooling, level i the output of {@code layer_i}.
 */
final class ResNet {
    private static final double EPS = 1e-5;
    private static final int STEM_CHANNELS = 64;
    /** What a bottleneck's output has over its base width. */
    private static final int EXPANSION = 4;

    private ResNet() {}

    /**
     * An architecture.
     *
     * @param blocks blocks of each of the four layers
     * @param bottleneck blocks of 1×1, 3×3, 1×1 convolutions instead of two 3×3
     * @param wide factor of a bottleneck's inner width
     */
    static Network network(String name, int[] blocks, boolean bottleneck, int wide) {
        List<Network.Stage> stages = new ArrayList<>();
        stages.add(
                new Network.Stage(new Stem(convolution("conv1", "bn1", 3, STEM_CHANNELS, 7, 2, Activation.RELU)), 0));
        stages.add(
                new Network.Stage(new MaxPool(ConvGeometry.padded(3, 2, 1, 1), STEM_CHANNELS), Network.Stage.INSIDE));
        int channels = STEM_CHANNELS;
        for (int i = 0; i < blocks.length; i++) {
            int base = STEM_CHANNELS << i;
            int out = bottleneck ? base * EXPANSION : base;
            for (int j = 0; j < blocks[i]; j++) {
                int stride = i > 0 && j == 0 ? 2 : 1;
                String prefix = "layer" + (i + 1) + "." + j + ".";
                Block block = new ResidualBlock(
                        bottleneck
                                ? bottleneck(prefix, channels, base * wide, out, stride)
                                : basic(prefix, channels, out, stride),
                        stride == 1 && channels == out
                                ? null
                                : convolution(
                                        prefix + "downsample.0",
                                        prefix + "downsample.1",
                                        channels,
                                        out,
                                        1,
                                        stride,
                                        Activation.NONE));
                stages.add(new Network.Stage(block, j == blocks[i] - 1 ? i + 1 : Network.Stage.INSIDE));
                channels = out;
            }
        }
        return new Network(name, Normalization.IMAGENET, stages);
    }

    private static List<Convolution> basic(String prefix, int in, int out, int stride) {
        return List.of(
                convolution(prefix + "conv1", prefix + "bn1", in, out, 3, stride, Activation.RELU),
                convolution(prefix + "conv2", prefix + "bn2", out, out, 3, 1, Activation.NONE));
    }

    private static List<Convolution> bottleneck(String prefix, int in, int inner, int out, int stride) {
        return List.of(
                convolution(prefix + "conv1", prefix + "bn1", in, inner, 1, 1, Activation.RELU),
                convolution(prefix + "conv2", prefix + "bn2", inner, inner, 3, stride, Activation.RELU),
                convolution(prefix + "conv3", prefix + "bn3", inner, out, 1, 1, Activation.NONE));
    }

    private static Convolution convolution(
            String name, String norm, int in, int out, int kernel, int stride, Activation activation) {
        return Convolution.normalized(
                name, norm, EPS, in, out, ConvGeometry.padded(kernel, stride, kernel / 2, 1), activation);
    }
}
