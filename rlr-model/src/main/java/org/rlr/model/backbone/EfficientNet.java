package org.rlr.model.backbone;

import java.util.ArrayList;
import java.util.List;
import org.rlr.model.data.Normalization;
import org.rlr.tensor.backend.Activation;
import org.rlr.tensor.backend.ConvGeometry;

/**
 * The EfficientNet family (Tan and Le, ICML 2019) as timm builds it: {@code efficientnet_…} with symmetric padding,
 * {@code tf_efficientnet_…} with TensorFlow's padding and batch normalisation; the lite networks have no
 * squeeze-and-excitation, ReLU6 for SiLU, and neither widen the stem nor deepen the first and last stage. Levels are
 * the outputs of stages 0, 1, 2, 4 and 6.
 */
final class EfficientNet {
    /** Repeats, kernel, stride, expansion, channels, level of each stage before scaling. */
    private static final int[][] STAGES = {
        {1, 3, 1, 1, 16, 0},
        {2, 3, 2, 6, 24, 1},
        {2, 5, 2, 6, 40, 2},
        {3, 3, 2, 6, 80, Network.Stage.INSIDE},
        {3, 5, 1, 6, 112, 3},
        {4, 5, 2, 6, 192, Network.Stage.INSIDE},
        {1, 3, 1, 6, 320, 4},
    };

    private static final int STEM_CHANNELS = 32;
    /** Width of a squeeze-and-excitation: the block's input channels over this. */
    private static final int SQUEEZE = 4;

    private final boolean tensorflow;
    private final boolean lite;
    private final double width;
    private final double depth;

    private EfficientNet(boolean tensorflow, boolean lite, double width, double depth) {
        this.tensorflow = tensorflow;
        this.lite = lite;
        this.width = width;
        this.depth = depth;
    }

    /**
     * An architecture.
     *
     * @param tensorflow TensorFlow's SAME padding and eps 1e-3, else padding k/2 and eps 1e-5
     * @param lite the variant for phones
     * @param width factor of the channels
     * @param depth factor of the blocks per stage
     */
    static Network network(String name, boolean tensorflow, boolean lite, double width, double depth) {
        // timm's own lite weights were trained on ImageNet's statistics, only Google's on −1…1
        Normalization normalization = tensorflow && lite ? Normalization.HALF : Normalization.IMAGENET;
        return new Network(name, normalization, new EfficientNet(tensorflow, lite, width, depth).stages());
    }

    private List<Network.Stage> stages() {
        List<Network.Stage> stages = new ArrayList<>();
        int channels = lite ? STEM_CHANNELS : rounded(STEM_CHANNELS * width);
        stages.add(new Network.Stage(
                new Stem(convolution("conv_stem", "bn1", 3, channels, 3, 2, 1, activation())), Network.Stage.INSIDE));
        for (int i = 0; i < STAGES.length; i++) {
            int[] s = STAGES[i];
            boolean fixed = lite && (i == 0 || i == STAGES.length - 1);
            int repeats = fixed ? s[0] : (int) Math.ceil(s[0] * depth);
            int out = rounded(s[4] * width);
            for (int j = 0; j < repeats; j++) {
                int level = j == repeats - 1 ? s[5] : Network.Stage.INSIDE;
                stages.add(new Network.Stage(
                        block("blocks." + i + "." + j + ".", channels, out, s[1], j == 0 ? s[2] : 1, s[3]), level));
                channels = out;
            }
        }
        return stages;
    }

    private InvertedResidual block(String prefix, int in, int out, int kernel, int stride, int expansion) {
        int wide = in * expansion;
        boolean expands = expansion > 1;
        return new InvertedResidual(
                expands ? convolution(prefix + "conv_pw", prefix + "bn1", in, wide, 1, 1, 1, activation()) : null,
                convolution(
                        prefix + "conv_dw",
                        prefix + (expands ? "bn2" : "bn1"),
                        wide,
                        wide,
                        kernel,
                        stride,
                        wide,
                        activation()),
                lite
                        ? null
                        : new SqueezeExcitation(
                                Convolution.pointwise(prefix + "se.conv_reduce", wide, in / SQUEEZE, Activation.SILU),
                                Convolution.pointwise(
                                        prefix + "se.conv_expand", in / SQUEEZE, wide, Activation.SIGMOID)),
                convolution(
                        prefix + (expands ? "conv_pwl" : "conv_pw"),
                        prefix + (expands ? "bn3" : "bn2"),
                        wide,
                        out,
                        1,
                        1,
                        1,
                        Activation.NONE),
                stride == 1 && in == out);
    }

    private Convolution convolution(
            String name, String norm, int in, int out, int kernel, int stride, int groups, Activation activation) {
        ConvGeometry geometry = tensorflow
                ? ConvGeometry.same(kernel, stride, groups)
                : ConvGeometry.padded(kernel, stride, kernel / 2, groups);
        return Convolution.normalized(name, norm, tensorflow ? 1e-3 : 1e-5, in, out, geometry, activation);
    }

    private Activation activation() {
        return lite ? Activation.RELU6 : Activation.SILU;
    }

    /** The nearest multiple of 8, but not below 90 %. */
    private static int rounded(double channels) {
        int multiple = Math.max(8, (int) (channels + 4) / 8 * 8);
        return multiple < 0.9 * channels ? multiple + 8 : multiple;
    }
}
