package org.rlr.model.train;

import java.util.ArrayList;
import java.util.List;
import org.rlr.model.data.ImageSource;
import org.rlr.model.decoder.DecoderInfo;

/**
 * The inputs that determine the result of a feature decoder's training, except the number of epochs.
 *
 * @param decoder the decoder's description, with one epoch, no images and no loss
 * @param images SHA-256 of the contents of the training images, in order
 */
record DecoderIdentity(DecoderInfo decoder, String images) implements StateFile.Identity<DecoderIdentity> {

    static DecoderIdentity of(DecoderInfo info, List<ImageSource> images, Runnable heartbeat) {
        return new DecoderIdentity(
                info.with(info.training().withEpochs(1), 0, 0), TrainingIdentity.images(images, heartbeat));
    }

    @Override
    public boolean complete() {
        return decoder != null && decoder.usable() && images != null;
    }

    @Override
    public List<String> differences(DecoderIdentity other) {
        List<String> differences = new ArrayList<>();
        if (!decoder.training().equals(other.decoder.training())) {
            differences.add("the settings (" + Differences.of(other.decoder.training(), decoder.training()) + ")");
        }
        DecoderInfo features = other.decoder.with(decoder.training(), 0, 0);
        if (!decoder.equals(features)) {
            differences.add("the model's features (" + Differences.of(features, decoder) + ")");
        }
        if (!images.equals(other.images)) {
            differences.add("the training images");
        }
        return differences;
    }
}
