package org.rlr.model.train;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.rlr.model.RlrModel;
import org.rlr.model.data.ImageBatches;
import org.rlr.model.data.ImageReader;
import org.rlr.model.data.RgbImage;
import org.rlr.model.decoder.DecoderInfo;
import org.rlr.model.decoder.DecoderNetwork;
import org.rlr.model.decoder.DecoderSettings;
import org.rlr.model.decoder.FeatureDecoder;
import org.rlr.model.detect.AnomalyScorer;
import org.rlr.tensor.RlrException;
import org.rlr.tensor.Tensor;
import org.rlr.tensor.TensorScope;
import org.rlr.tensor.backend.AdamSettings;
import org.rlr.tensor.backend.Backend;
import org.rlr.tensor.backend.UnaryOp;
import org.rlr.tensor.nn.Adam;

/**
 * Trains a feature decoder on normal images (RLR §12): mean squared error between the picture of a model's features of an image and the image, normalised as the
 * backbone's input; Adam. The model stays as it is. The same seed gives the same decoder, bit for bit, on the same kernels.
 */
public final class DecoderTrainer {
    private final DecoderSettings settings;
    private final TrainingListener listener;

    /** A trainer. @param listener hears of features and steps; losses are mean squared errors */
    public DecoderTrainer(DecoderSettings settings, TrainingListener listener) {
        this.settings = settings;
        this.listener = listener;
    }

    /**
     * Trains on image files, on the model's backend.
     *
     * @param images normal images
     * @return the decoder, the caller's to close
     * @throws RlrException if there is no decoder for the model's levels, it cuts images into tiles, an image cannot be read, or the loss is no longer finite
     */
    public FeatureDecoder train(RlrModel model, List<Path> images) {
        if (images.isEmpty()) {
            throw new RlrException("there are no training images");
        }
        AnomalyScorer.requireWhole(model);
        DecoderInfo info = DecoderInfo.of(model, settings, images.size());
        ImageReader reader = new ImageReader(model.info().config(), model.backbone().normalization());
        // the pictures stand behind the levels
        int[] sizes = IntStream.concat(model.levels().stream().mapToInt(level -> level.config().tokens() * level.config().channels()), IntStream.of(reader.length())).toArray();
        requireArrays(sizes, Math.min(settings.batchSize(), images.size()));
        DecoderNetwork network = new DecoderNetwork(info.channels(), model.backend(), true);
        try (FeatureStore store = new FeatureStore(images.size(), sizes)) {
            extract(model, reader, images, store, sizes);
            network.initialize(settings.seed());
            return FeatureDecoder.trained(model.backend(), info, run(model.backend(), info, network, store), network);
        } catch (Throwable t) {
            network.close();
            throw t;
        }
    }

    private static void requireArrays(int[] sizes, int batch) {
        for (int size : sizes) {
            if ((long) batch * size > Integer.MAX_VALUE - 8) {
                throw new RlrException("batches of " + batch + " images are larger than an array can be; lower --batch-size");
            }
        }
    }

    private void extract(RlrModel model, ImageReader reader, List<Path> images, FeatureStore store, int[] sizes) {
        int pictures = sizes.length - 1;
        new ImageBatches(reader, 1).forEach(images, (image, count, pixels) -> {
            try (TensorScope scope = TensorScope.inference(model.backend())) {
                List<Tensor> tokens = model.tokens(Tensor.of(pixels, 1, model.info().config().imageHeight(), model.info().config().imageWidth(), RgbImage.CHANNELS));
                for (int level = 0; level < pictures; level++) {
                    store.put(image, level, tokens.get(level).toArray(), 0);
                }
            }
            store.put(image, pictures, pixels, 0);
            listener.features(image + 1, images.size());
        });
    }

    private double run(Backend backend, DecoderInfo info, DecoderNetwork network, FeatureStore store) {
        AdamSettings adam = AdamSettings.DEFAULT.withLearningRate(settings.learningRate());
        SplittableRandom random = new SplittableRandom(settings.seed());
        int[] order = IntStream.range(0, info.images()).toArray();
        int steps = (order.length - 1) / settings.batchSize() + 1;
        double mean = 0;
        try (Adam optimizer = new Adam(network.parameters())) {
            for (int epoch = 1; epoch <= settings.epochs(); epoch++) {
                TrainingLoop.shuffle(order, random);
                double sum = 0;
                for (int step = 1; step <= steps; step++) {
                    int[] batch = Arrays.copyOfRange(order, (step - 1) * settings.batchSize(), Math.min(step * settings.batchSize(), order.length));
                    network.parameters().zeroGradients();
                    double loss = gradients(backend, info, network, store, batch);
                    if (!Double.isFinite(loss)) {
                        throw new RlrException("the loss became " + loss + " in epoch " + epoch + ", step " + step + "; lower --lr (now " + settings.learningRate() + ")");
                    }
                    optimizer.step(adam);
                    sum += loss * batch.length;
                    listener.step(epoch, settings.epochs(), step, steps, loss, batch.length);
                }
                mean = sum / order.length;
            }
        }
        return mean;
    }

    private static double gradients(Backend backend, DecoderInfo info, DecoderNetwork network, FeatureStore store, int[] batch) {
        try (TensorScope scope = TensorScope.open(backend)) {
            List<Tensor> features = IntStream.range(0, info.levels().size()).mapToObj(i -> {
                int stride = 2 << info.levels().get(i);
                return Tensor.of(store.batch(i, batch), batch.length, info.imageHeight() / stride, info.imageWidth() / stride, info.channels().get(i));
            }).toList();
            Tensor pictures = Tensor.of(store.batch(info.levels().size(), batch), batch.length, info.imageHeight(), info.imageWidth(), RgbImage.CHANNELS);
            Tensor loss = network.forward(features, true).sub(pictures).apply(UnaryOp.SQUARE).mean();
            loss.backward();
            return loss.item();
        }
    }
}
