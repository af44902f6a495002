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
 * A trained feature decoder: features of an image, their reconstruction or the reference become a picture (RLR §12).
 * For looking only, never part of detection. Owns its network, not the backend; may be used by several threads at once.
 */
public final class FeatureDecoder implements AutoCloseable {
    private final Backend backend;
    private final DecoderInfo info;
    private final DecoderNetwork network;
    private final String origin;

    /**
     * A decoder of parts that fit; it closes the network when it is closed.
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
     * A decoder whose network was just trained.
     *
     * @param backend that holds the network; stays the caller's
     * @param info what it reads
     * @param loss mean squared error of the last epoch
     * @param network taken over
     * @return the decoder; the caller closes it
     */
    public static FeatureDecoder trained(Backend backend, DecoderInfo info, double loss, DecoderNetwork network) {
        return new FeatureDecoder(backend, info.with(info.training(), info.images(), loss), network, "just trained");
    }

    /** {@return what it reads and how it was trained} */
    public DecoderInfo info() {
        return info;
    }

    DecoderNetwork network() {
        return network;
    }

    /**
     * Checks that it was trained on a model's features.
     *
     * @param model whose features are to be decoded
     * @throws org.rlr.model.ModelException naming what differs
     */
    public void requireFits(RlrModel model) {
        info.requireFits(model, origin);
    }

    /**
     * The picture of one image's features.
     *
     * @param features per level, the finest first, {@code [h·w, C]} row-major
     * @return {@code imageWidth × imageHeight} pixels, what is beyond 0 or 255 cut off
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

    /** Gives the network's memory back. */
    @Override
    public void close() {
        network.close();
    }
}
