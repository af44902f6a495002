package org.rlr.model.decoder;

import java.util.List;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;
import org.rlr.model.backbone.StateDict;
import org.rlr.tensor.Tensor;
import org.rlr.tensor.autograd.Functions;
import org.rlr.tensor.autograd.ImageFunctions;
import org.rlr.tensor.backend.Backend;
import org.rlr.tensor.backend.UnaryOp;
import org.rlr.tensor.nn.ParameterSet;

/**
 * The up-sampling ResNet that maps the feature maps of two or three levels to an RGB image (RLR §12), names as there.
 * The finest level's grid is that of stride 8 where there are two, of stride 4 where there are three; the picture is of
 * stride 1.
 */
public final class DecoderNetwork implements AutoCloseable {
    /** Channels where a level's features meet those that come from below, if the level has fewer. */
    private static final int JOINED = 256;

    private final ParameterSet parameters = new ParameterSet();
    private final ParameterSet buffers = new ParameterSet();
    private final @Nullable NormalizedConvolution entrance;
    private final List<UpsamplingBlock> layer4;
    private final List<UpsamplingBlock> layer3;
    private final List<UpsamplingBlock> layer2;
    private final List<UpsamplingBlock> layer1;
    private final NormalizedConvolution conv1;
    private final NormalizedConvolution conv2;

    /**
     * A network whose values are zero until {@link #initialize} or {@link #load}.
     *
     * @param channels of the levels, the finest first: two or three
     * @param backend where to allocate; stays the caller's
     * @param training whether gradients are kept
     * @throws IllegalArgumentException for another number of levels
     */
    public DecoderNetwork(List<Integer> channels, Backend backend, boolean training) {
        this(channels, backend, training, (parameters, buffers) -> {});
    }

    /**
     * A network for inference with the values of a state dict, which is checked before memory is allocated.
     *
     * @param channels of the levels, the finest first: two or three
     * @param backend where to allocate; stays the caller's
     * @param state holds the learned values and the running statistics
     * @param origin what it is, for messages: a file
     * @return the network; the caller closes it
     * @throws IllegalArgumentException for another number of levels, or too many channels
     * @throws org.rlr.tensor.io.TensorFileException naming {@code origin} and the tensors that do not fit
     */
    public static DecoderNetwork load(List<Integer> channels, Backend backend, StateDict state, String origin) {
        DecoderNetwork network = new DecoderNetwork(channels, backend, false, (parameters, buffers) -> {
            parameters.requireFits(state, origin);
            buffers.requireFits(state, origin);
        });
        try {
            network.load(state, origin);
            return network;
        } catch (Throwable t) {
            network.close();
            throw t;
        }
    }

    private DecoderNetwork(
            List<Integer> channels,
            Backend backend,
            boolean training,
            BiConsumer<ParameterSet, ParameterSet> beforeAllocation) {
        NormalizedConvolution.Names root = new NormalizedConvolution.Names(parameters.root(), buffers.root());
        int f0 = channels.get(0);
        int last;
        if (channels.size() == 2) {
            int f1 = channels.get(1);
            int entering = entering(f0, f1);
            NormalizedConvolution.Names names = root.sub("layerf1");
            entrance = new NormalizedConvolution(names.sub(1), names.sub(2), f1, entering, 5);
            layer4 = UpsamplingBlock.stage(root.sub("layer4"), f0 + entering, 256, 3, false);
            layer3 = UpsamplingBlock.stage(root.sub("layer3"), 256, 128, 6, true);
            layer2 = UpsamplingBlock.stage(root.sub("layer2"), 128, 64, 4, true);
            last = 64;
        } else if (channels.size() == 3) {
            int f1 = channels.get(1);
            int entering = entering(f1, channels.get(2));
            entrance = null;
            layer4 = UpsamplingBlock.stage(root.sub("layer4"), channels.get(2), entering, 3, true);
            layer3 = UpsamplingBlock.stage(root.sub("layer3"), f1 + entering, 128, 6, true);
            layer2 = UpsamplingBlock.stage(root.sub("layer2"), f0 + 128, 64, 4, true);
            last = 32;
        } else {
            throw new IllegalArgumentException("a feature decoder has two or three levels, not " + channels.size());
        }
        layer1 = UpsamplingBlock.stage(root.sub("layer1"), 64, last, 3, false);
        conv1 = new NormalizedConvolution(root.sub("conv1"), root.sub("bn1"), last, last, 7);
        conv2 = new NormalizedConvolution(root.sub("conv2"), null, last, 3, 1);
        beforeAllocation.accept(parameters, buffers);
        parameters.allocate(backend, training);
        buffers.allocate(backend, false);
    }

    /** 184 beside 72 channels; so many that both make {@value #JOINED}, where they can. */
    private static int entering(int beside, int deepest) {
        return beside < JOINED ? JOINED - beside : deepest;
    }

    /** {@return what is learned} */
    public ParameterSet parameters() {
        return parameters;
    }

    /** {@return the running statistics of the batch normalisations} */
    public ParameterSet buffers() {
        return buffers;
    }

    /**
     * Draws the first values.
     *
     * @param seed of the random streams
     */
    public void initialize(long seed) {
        parameters.initialize(seed);
        buffers.initialize(seed);
    }

    /**
     * Takes over a state dict, convolutions as {@code [out, in, k, k]}.
     *
     * @param state holds the learned values and the running statistics
     * @param origin what it is, for messages: a file
     * @throws org.rlr.tensor.io.TensorFileException naming {@code origin} and the tensors that do not fit
     */
    public void load(StateDict state, String origin) {
        parameters.load(state, origin);
        buffers.load(state, origin);
    }

    /**
     * Pictures of features.
     *
     * @param features per level, the finest first, {@code [N, h, w, C]}, each of half the grid of the one before
     * @param training whether batch normalisations go by the batch and move their running statistics
     * @return {@code [N, H, W, 3]}, normalised as the backbone's input
     */
    public Tensor forward(List<Tensor> features, boolean training) {
        Tensor x;
        if (entrance != null) {
            Tensor below = entrance.forward(ImageFunctions.upsample2(features.get(1)), training)
                    .apply(UnaryOp.RELU);
            x = through(
                    layer3, through(layer4, Functions.concat(List.of(features.get(0), below), 3), training), training);
        } else {
            Tensor below = through(layer4, features.get(2), training);
            x = through(layer3, Functions.concat(List.of(features.get(1), below), 3), training);
            x = Functions.concat(List.of(features.get(0), x), 3);
        }
        x = through(layer1, through(layer2, x, training), training);
        x = ImageFunctions.upsample2(conv1.forward(x, training).apply(UnaryOp.RELU));
        return conv2.forward(x, training);
    }

    private static Tensor through(List<UpsamplingBlock> blocks, Tensor x, boolean training) {
        Tensor y = x;
        for (UpsamplingBlock block : blocks) {
            y = block.forward(y, training);
        }
        return y;
    }

    /** Gives the memory back. */
    @Override
    public void close() {
        parameters.close();
        buffers.close();
    }
}
