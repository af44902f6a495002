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
 * The up-sampling ResNet that maps the feature maps of two or three levels to an RGB image (RLR §12), with the names
 * used there. The finest level has stride 8 if there are two levels, stride 4 if there are three; the picture has
 * stride 1.
 */
public final class DecoderNetwork implements AutoCloseable {
    /** Channels where a level's features are joined with those of the deeper levels, if the level has fewer. */
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
     * Creates a network whose values are zero until {@link #initialize} or {@link #load}.
     *
     * @param channels channels of the levels, the finest first: two or three
     * @param backend allocates the tensors; owned by the caller
     * @param training whether gradients are kept
     * @throws IllegalArgumentException for another number of levels
     */
    public DecoderNetwork(List<Integer> channels, Backend backend, boolean training) {
        this(channels, backend, training, (parameters, buffers) -> {});
    }

    /**
     * Creates a network for inference from a state dict, which is checked before memory is allocated.
     *
     * @param channels channels of the levels, the finest first: two or three
     * @param backend allocates the tensors; owned by the caller
     * @param state holds the learned values and the running statistics
     * @param origin source of the state dict for messages, such as a file
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
            throw new IllegalArgumentException("a feature decoder needs two or three levels, got " + channels.size());
        }
        layer1 = UpsamplingBlock.stage(root.sub("layer1"), 64, last, 3, false);
        conv1 = new NormalizedConvolution(root.sub("conv1"), root.sub("bn1"), last, last, 7);
        conv2 = new NormalizedConvolution(root.sub("conv2"), null, last, 3, 1);
        beforeAllocation.accept(parameters, buffers);
        parameters.allocate(backend, training);
        buffers.allocate(backend, false);
    }

    /** 184 beside 72 channels: the number that makes {@value #JOINED} together, if possible. */
    private static int entering(int beside, int deepest) {
        return beside < JOINED ? JOINED - beside : deepest;
    }

    /** {@return the learned parameters} */
    public ParameterSet parameters() {
        return parameters;
    }

    /** {@return the running statistics of the batch normalisations} */
    public ParameterSet buffers() {
        return buffers;
    }

    /**
     * Sets random initial values.
     *
     * @param seed seed of the random streams
     */
    public void initialize(long seed) {
        parameters.initialize(seed);
        buffers.initialize(seed);
    }

    /**
     * Copies the values of a state dict, convolutions as {@code [out, in, k, k]}.
     *
     * @param state holds the learned values and the running statistics
     * @param origin source of the state dict for messages, such as a file
     * @throws org.rlr.tensor.io.TensorFileException naming {@code origin} and the tensors that do not fit
     */
    public void load(StateDict state, String origin) {
        parameters.load(state, origin);
        buffers.load(state, origin);
    }

    /**
     * Computes pictures from features.
     *
     * @param features per level, the finest first, {@code [N, h, w, C]}, each with half the grid of the previous one
     * @param training whether batch normalisations use the statistics of the batch and update their running statistics
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

    /** Releases the memory. */
    @Override
    public void close() {
        parameters.close();
        buffers.close();
    }
}
