package org.rlr.model.train;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.rlr.model.config.LevelConfig;
import org.rlr.model.transformer.RlrTransformer;
import org.rlr.tensor.RlrException;
import org.rlr.tensor.Tensor;
import org.rlr.tensor.TensorScope;
import org.rlr.tensor.backend.Backend;

/** The training's loss (RLR §8) on held-out images, without perturbation, as in detection: it has no randomness. */
final class ValidationLoss {
    private final Backend backend;
    private final FeatureStore features;
    private final int first;
    private final int images;
    private final int batchSize;
    private final Runnable heartbeat;

    /** Creates the loss on {@code images} images of the store, from {@code first} on. */
    ValidationLoss(Backend backend, FeatureStore features, int first, int images, int batchSize, Runnable heartbeat) {
        this.backend = backend;
        this.features = features;
        this.first = first;
        this.images = images;
        this.batchSize = batchSize;
        this.heartbeat = heartbeat;
    }

    /** Returns the mean over the images. @throws RlrException if it is not finite */
    EpochReport.Losses of(List<RlrTransformer> levels, int epoch) {
        List<Double> losses = new ArrayList<>();
        double total = 0;
        for (int level = 0; level < levels.size(); level++) {
            double sum = 0;
            for (int from = 0; from < images; from += batchSize) {
                heartbeat.run();
                int count = Math.min(batchSize, images - from);
                sum += loss(levels.get(level), level, from, count) * count;
            }
            losses.add(sum / images);
            total += sum / images;
        }
        if (!Double.isFinite(total)) {
            throw new RlrException(
                    "the loss on the held-out images became " + total + " after epoch " + epoch,
                    "lower `learningRate`");
        }
        return new EpochReport.Losses(total, losses);
    }

    private double loss(RlrTransformer transformer, int level, int from, int count) {
        LevelConfig c = transformer.config();
        int[] chosen = new int[count];
        Arrays.setAll(chosen, i -> first + from + i);
        try (TensorScope scope = TensorScope.inference(backend)) {
            Tensor x = Tensor.of(features.batch(level, chosen), count, c.tokens(), c.channels());
            return transformer.loss(transformer.forward(x), x).item();
        }
    }
}
