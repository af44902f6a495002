package org.rlr.model.backbone;

import org.rlr.model.config.FeatureLevel;
import org.rlr.model.config.Normalization;
import org.rlr.tensor.backend.Activation;
import org.rlr.tensor.backend.ConvGeometry;
import org.rlr.tensor.nn.Conv2d;
import org.rlr.tensor.nn.ParameterSet;

/**
 * The EfficientNet family (Tan and Le, ICML 2019) as in timm: {@code efficientnet_…} with symmetric padding,
 * {@code tf_efficientnet_…} with TensorFlow's padding and batch normalisation. The lite networks have no
 * squeeze-and-excitation, use ReLU6 instead of SiLU, and keep the width of the stem and the depth of the first and last
 * stage. Levels are the outputs of stages 0, 1, 2, 4 and 6.
 */
final class EfficientNet {
    private static final int INSIDE = -1;

    /** Repeats, kernel, stride, expansion, channels, level of each stage before scaling. */
    private static final int[][] STAGES = {
        {1, 3, 1, 1, 16, 0},
        {2, 3, 2, 6, 24, 1},
        {2, 5, 2, 6, 40, 2},
        {3, 3, 2, 6, 80, INSIDE},
        {3, 5, 1, 6, 112, 3},
        {4, 5, 2, 6, 192, INSIDE},
        {1, 3, 1, 6, 320, 4},
    };

    private static final int STEM_CHANNELS = 32;
    /** Divisor of a block's input channels for the width of its squeeze-and-excitation. */
    private static final int SQUEEZE = 4;

    private final Network network = new Network();
    private final ParameterSet.Prefix names = network.parameters().root();
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

    /** Provider of the family. */
    public static final class Provider extends ConvolutionalProvider {
        /** Factors of channels and of blocks per stage, from b0 to b7. */
        private static final double[][] SCALES = {
            {1, 1}, {1, 1.1}, {1.1, 1.2}, {1.2, 1.4}, {1.4, 1.8}, {1.6, 2.2}, {1.8, 2.6}, {2, 3.1}
        };

        private static final int LITE = 5;

        public Provider() {
            for (boolean tensorflow : new boolean[] {false, true}) {
                String prefix = tensorflow ? "tf_efficientnet_" : "efficientnet_";
                for (int i = 0; i < SCALES.length; i++) {
                    add(prefix + "b" + i, tensorflow, false, SCALES[i]);
                }
                for (int i = 0; i < LITE; i++) {
                    add(prefix + "lite" + i, tensorflow, true, SCALES[i]);
                }
            }
        }

        private void add(String name, boolean tensorflow, boolean lite, double[] scale) {
            // timm's own lite weights expect ImageNet's statistics, Google's expect −1…1
            add(
                    name,
                    tensorflow && lite ? Normalization.HALF : Normalization.IMAGENET,
                    deepest -> new EfficientNet(tensorflow, lite, scale[0], scale[1]).network(deepest));
        }
    }

    private Network network(int deepest) {
        int channels = lite ? STEM_CHANNELS : rounded(STEM_CHANNELS * width);
        int stride = 2;
        Conv2d stem = convolution(names, "conv_stem", "bn1", 3, channels, 3, stride, 1);
        network.add(x -> stem.forward(x, activation()));
        for (int i = 0; i < STAGES.length; i++) {
            int[] s = STAGES[i];
            boolean fixed = lite && (i == 0 || i == STAGES.length - 1);
            int repeats = fixed ? s[0] : (int) Math.ceil(s[0] * depth);
            int out = rounded(s[4] * width);
            stride *= s[2];
            for (int j = 0; j < repeats; j++) {
                ParameterSet.Prefix prefix = names.sub("blocks").sub("" + i).sub("" + j);
                Block block = block(prefix, channels, out, s[1], j == 0 ? s[2] : 1, s[3]);
                channels = out;
                if (j < repeats - 1 || s[5] == INSIDE) {
                    network.add(block);
                } else {
                    network.add(block, new FeatureLevel(s[5], out, stride));
                    if (s[5] == deepest) {
                        return network;
                    }
                }
            }
        }
        return network;
    }

    private InvertedResidual block(ParameterSet.Prefix prefix, int in, int out, int kernel, int stride, int expansion) {
        int wide = in * expansion;
        boolean expands = expansion > 1;
        return new InvertedResidual(
                expands ? convolution(prefix, "conv_pw", "bn1", in, wide, 1, 1, 1) : null,
                convolution(prefix, "conv_dw", expands ? "bn2" : "bn1", wide, wide, kernel, stride, wide),
                lite
                        ? null
                        : new SqueezeExcitation(
                                pointwise(prefix.sub("se").sub("conv_reduce"), wide, in / SQUEEZE),
                                pointwise(prefix.sub("se").sub("conv_expand"), in / SQUEEZE, wide)),
                convolution(prefix, expands ? "conv_pwl" : "conv_pw", expands ? "bn3" : "bn2", wide, out, 1, 1, 1),
                stride == 1 && in == out,
                activation());
    }

    private Conv2d convolution(
            ParameterSet.Prefix prefix, String name, String norm, int in, int out, int kernel, int stride, int groups) {
        ConvGeometry geometry = tensorflow
                ? ConvGeometry.same(kernel, stride, groups)
                : ConvGeometry.padded(kernel, stride, kernel / 2, groups);
        return Conv2d.folded(prefix.sub(name), prefix.sub(norm), tensorflow ? 1e-3 : 1e-5, in, out, geometry);
    }

    private static Conv2d pointwise(ParameterSet.Prefix name, int in, int out) {
        return new Conv2d(name, in, out, ConvGeometry.padded(1, 1, 0, 1));
    }

    private Activation activation() {
        return lite ? Activation.RELU6 : Activation.SILU;
    }

    /** The nearest multiple of 8 that is at least 90 % of the value. */
    private static int rounded(double channels) {
        int multiple = Math.max(8, (int) (channels + 4) / 8 * 8);
        return multiple < 0.9 * channels ? multiple + 8 : multiple;
    }
}
