package org.rlr.model.decoder;

import java.util.ArrayList;
import java.util.List;
import org.rlr.model.RlrModel;
import org.rlr.model.backbone.Backbones;
import org.rlr.model.config.Normalization;
import org.rlr.model.data.RgbImage;
import org.rlr.tensor.Tensor;
import org.rlr.tensor.TensorScope;
import org.rlr.tensor.backend.Backend;

/**
 * A trained feature decoder: converts features of an image, their reconstruction or the reference to a picture (RLR
 * §12). For viewing only; detection does not use it. Owns its network; the backend belongs to the caller. Safe for use
 * by several threads.
 */
public final class FeatureDecoder implements AutoCloseable {
    private final Backend backend;
    private final DecoderInfo info;
    private final DecoderNetwork network;
    private final String origin;

    /**
     * Creates a decoder from parts that fit together; closing it closes the network.
     *
     * @param origin a file or other source, for messages
     */
    FeatureDecoder(Backend backend, DecoderInfo info, DecoderNetwork network, String origin) {
        this.backend = backend;
        this.info = info;
        this.network = network;
        this.origin = origin;
    }

    /**
     * Creates a decoder from a newly trained network.
     *
     * @param backend holds the network; owned by the caller
     * @param info its description
     * @param loss mean squared error of the last epoch
     * @param network owned by the decoder from now on
     * @return the decoder; the caller closes it
     */
    public static FeatureDecoder trained(Backend backend, DecoderInfo info, double loss, DecoderNetwork network) {
        return new FeatureDecoder(backend, info.with(info.training(), info.images(), loss), network, "just trained");
    }

    /** {@return the features it reads and how it was trained} */
    public DecoderInfo info() {
        return info;
    }

    DecoderNetwork network() {
        return network;
    }

    /**
     * Checks that it was trained on a model's features.
     *
     * @param model model whose features you want to decode
     * @throws org.rlr.model.ModelException naming the differences
     */
    public void requireFits(RlrModel model) {
        info.requireFits(model, origin);
    }

    /**
     * Converts one image's features to a picture.
     *
     * @param features per level, the finest first, {@code [h·w, C]} row-major
     * @return {@code imageWidth × imageHeight} pixels, clamped to 0…255
     * @throws IllegalArgumentException for another number of levels or values
     */
    public RgbImage decode(List<float[]> features) {
        if (features.size() != info.levels().size()) {
            throw new IllegalArgumentException(features.size() + " levels of features instead of " + info.levels());
        }
        try (TensorScope scope = TensorScope.inference(backend)) {
            List<Tensor> maps = new ArrayList<>();
            for (int i = 0; i < features.size(); i++) {
                int stride = info.strides().get(i);
                maps.add(Tensor.of(
                        features.get(i),
                        1,
                        info.imageHeight() / stride,
                        info.imageWidth() / stride,
                        info.channels().get(i)));
            }
            Normalization own = info.normalization();
            return new RgbImage(
                    info.imageWidth(),
                    info.imageHeight(),
                    (own == null ? Backbones.info(info.backbone()).normalization() : own)
                            .samples(network.forward(maps, false).toArray()));
        }
    }

    /** Releases the network's memory. */
    @Override
    public void close() {
        network.close();
    }
}
