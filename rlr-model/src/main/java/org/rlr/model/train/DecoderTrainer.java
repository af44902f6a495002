package org.rlr.model.train;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.rlr.model.RlrModel;
import org.rlr.model.config.RlrConfig;
import org.rlr.model.data.ImageBatches;
import org.rlr.model.data.ImageSource;
import org.rlr.model.data.InputPipeline;
import org.rlr.model.data.RgbImage;
import org.rlr.model.decoder.DecoderInfo;
import org.rlr.model.decoder.DecoderNetwork;
import org.rlr.model.decoder.DecoderSettings;
import org.rlr.model.decoder.FeatureDecoder;
import org.rlr.tensor.ResourceException;
import org.rlr.tensor.RlrException;
import org.rlr.tensor.Tensor;
import org.rlr.tensor.TensorScope;
import org.rlr.tensor.backend.AdamSettings;
import org.rlr.tensor.backend.Backend;
import org.rlr.tensor.backend.UnaryOp;
import org.rlr.tensor.nn.Adam;

/**
 * Trains a feature decoder on normal images (RLR §12) with Adam: mean squared error between an image and its picture
 * decoded from a model's features, normalised like the backbone's input. The model is unchanged. The same seed gives a
 * bit-identical decoder on the same kernels, with any number of threads.
 */
public final class DecoderTrainer {
    private final DecoderSettings settings;
    private final TrainingListener listener;

    /**
     * Creates a trainer.
     *
     * @param settings epochs, batch, learning rate, seed
     * @param listener receives the progress; losses are mean squared errors
     */
    public DecoderTrainer(DecoderSettings settings, TrainingListener listener) {
        this.settings = settings;
        this.listener = new CancellingListener(listener, () -> false);
    }

    /**
     * Trains on images, or on all their tiles if the model uses tiles, on the model's backend.
     *
     * @param model the model whose features are decoded; the caller closes it
     * @param images normal images
     * @return the decoder, the caller's to close
     * @throws RlrException if there is no decoder for the model's levels, an image cannot be read, or the loss is no
     *     longer finite
     */
    public FeatureDecoder train(RlrModel model, List<ImageSource> images) {
        return train(model, images, TrainingCheckpoints.NONE);
    }

    /**
     * Like {@link #train(RlrModel, List)}, writing states of the training or resuming from one. A resumed training
     * gives a bit-identical decoder.
     *
     * @param model the model whose features are decoded; the caller closes it
     * @param images normal images, at least one
     * @param checkpoints the state files to write and to resume from
     * @return the decoder, the caller's to close
     * @throws RlrException as above, or if a state cannot be read or written, or is of another training
     * @throws org.rlr.tensor.CancelledException if the thread is interrupted before the last epoch is done; the
     *     training resumes from the last written state
     */
    public FeatureDecoder train(RlrModel model, List<ImageSource> images, TrainingCheckpoints checkpoints) {
        if (images.isEmpty()) {
            throw TrainingImages.none();
        }
        try (OutputLock lock =
                OutputLock.of(Collections.singletonMap("`TrainingCheckpoints.file`", checkpoints.file()))) {
            return trainLocked(model, images, checkpoints);
        }
    }

    private FeatureDecoder trainLocked(RlrModel model, List<ImageSource> images, TrainingCheckpoints checkpoints) {
        DecoderInfo info = DecoderInfo.of(model, settings, images.size());
        DecoderIdentity identity = checkpoints.equals(TrainingCheckpoints.NONE)
                ? null
                : DecoderIdentity.of(info, images, listener::heartbeat);
        DecoderState resumed = identity == null || checkpoints.resume() == null
                ? null
                : DecoderState.load(checkpoints.resume(), identity, settings.epochs());
        RlrConfig config = model.info().config();
        InputPipeline pipeline =
                new InputPipeline(config, model.backbone().info().normalization(config), listener::heartbeat);
        // the pictures follow the levels
        int[] sizes = IntStream.concat(
                        model.levels().stream()
                                .mapToInt(level ->
                                        level.config().tokens() * level.config().channels()),
                        IntStream.of(pipeline.length()))
                .toArray();
        int inputs = pipeline.count(images);
        requireArrays(sizes, Math.min(settings.batchSize(), inputs));
        DecoderNetwork network = new DecoderNetwork(info.channels(), model.backend(), true);
        try (FeatureStore store = new FeatureStore(inputs, sizes)) {
            extract(model, pipeline, images, store, inputs);
            network.initialize(settings.seed());
            double loss = run(model.backend(), info, network, store, inputs, resumed, (epoch, mean, optimizer) -> {
                Path target = checkpoints.file();
                if (identity != null && target != null && checkpoints.due(epoch, settings.epochs())) {
                    Consumer<Path> state = file ->
                            DecoderState.of(epoch, mean, network, optimizer).save(file, identity);
                    StateRescue.around(epoch, checkpoints, () -> state.accept(target), state);
                }
            });
            return FeatureDecoder.trained(model.backend(), info, loss, network);
        } catch (Throwable t) {
            network.close();
            throw t;
        }
    }

    private static void requireArrays(int[] sizes, int batch) {
        for (int size : sizes) {
            if ((long) batch * size > Integer.MAX_VALUE - 8) {
                throw new ResourceException(
                        ResourceException.Resource.MEMORY,
                        "batches of " + batch + " images do not fit into an array",
                        "lower `batchSize`",
                        null);
            }
        }
    }

    private void extract(
            RlrModel model, InputPipeline pipeline, List<ImageSource> images, FeatureStore store, int inputs) {
        int pictures = model.levels().size();
        new ImageBatches(pipeline, 1).forEach(images, (input, count, pixels) -> {
            try (TensorScope scope = TensorScope.inference(model.backend())) {
                List<Tensor> tokens = model.tokens(Tensor.of(
                        pixels,
                        1,
                        model.info().config().imageHeight(),
                        model.info().config().imageWidth(),
                        RgbImage.CHANNELS));
                for (int level = 0; level < pictures; level++) {
                    store.put(input, level, tokens.get(level).toArray(), 0);
                }
            }
            store.put(input, pictures, pixels, 0);
            listener.features(input + 1, inputs);
        });
    }

    /** Receives the end of each epoch. */
    @FunctionalInterface
    private interface EpochEnd {
        void after(int epoch, double meanLoss, Adam optimizer);
    }

    /** Runs the remaining epochs; returns the mean loss of the last. */
    private double run(
            Backend backend,
            DecoderInfo info,
            DecoderNetwork network,
            FeatureStore store,
            int inputs,
            @Nullable DecoderState resumed,
            EpochEnd end) {
        SplittableRandom random = new SplittableRandom(settings.seed());
        int[] order = IntStream.range(0, inputs).toArray();
        int first = resumed == null ? 0 : resumed.epochs();
        double mean = resumed == null ? 0 : resumed.meanLoss();
        try (Adam optimizer = new Adam(network.parameters())) {
            if (resumed != null) {
                resumed.restore(network, optimizer);
            }
            for (int epoch = 1; epoch <= first; epoch++) {
                TrainingLoop.shuffle(order, random);
            }
            listener.started(first, mean);
            for (int epoch = first + 1; epoch <= settings.epochs(); epoch++) {
                listener.heartbeat();
                TrainingLoop.shuffle(order, random);
                mean = epoch(epoch, backend, info, network, store, order, optimizer);
                end.after(epoch, mean, optimizer);
            }
        }
        return mean;
    }

    private double epoch(
            int epoch,
            Backend backend,
            DecoderInfo info,
            DecoderNetwork network,
            FeatureStore store,
            int[] order,
            Adam optimizer) {
        AdamSettings adam = AdamSettings.DEFAULT.withLearningRate(settings.learningRate());
        int steps = (order.length - 1) / settings.batchSize() + 1;
        double sum = 0;
        for (int step = 1; step <= steps; step++) {
            int[] batch = Arrays.copyOfRange(
                    order, (step - 1) * settings.batchSize(), Math.min(step * settings.batchSize(), order.length));
            network.parameters().zeroGradients();
            double loss = gradients(backend, info, network, store, batch);
            if (!Double.isFinite(loss)) {
                throw new RlrException(
                        "the loss became " + loss + " in epoch " + epoch + ", step " + step,
                        "lower `learningRate` (now " + settings.learningRate() + ")");
            }
            optimizer.step(adam);
            sum += loss * batch.length;
            listener.step(epoch, settings.epochs(), step, steps, loss, batch.length);
        }
        return sum / order.length;
    }

    private static double gradients(
            Backend backend, DecoderInfo info, DecoderNetwork network, FeatureStore store, int[] batch) {
        try (TensorScope scope = TensorScope.open(backend)) {
            List<Tensor> features = IntStream.range(0, info.levels().size())
                    .mapToObj(i -> Tensor.of(
                            store.batch(i, batch),
                            batch.length,
                            info.imageHeight() / info.strides().get(i),
                            info.imageWidth() / info.strides().get(i),
                            info.channels().get(i)))
                    .toList();
            Tensor pictures = Tensor.of(
                    store.batch(info.levels().size(), batch),
                    batch.length,
                    info.imageHeight(),
                    info.imageWidth(),
                    RgbImage.CHANNELS);
            Tensor loss = network.forward(features, true)
                    .sub(pictures)
                    .apply(UnaryOp.SQUARE)
                    .mean();
            loss.backward();
            return loss.item();
        }
    }
}
