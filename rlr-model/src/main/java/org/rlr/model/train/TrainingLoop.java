package org.rlr.model.train;

import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;
import org.rlr.model.config.TrainingSettings;
import org.rlr.model.transformer.RlrTransformer;
import org.rlr.tensor.RlrException;
import org.rlr.tensor.backend.AdamSettings;
import org.rlr.tensor.backend.Backend;

/**
 * Runs the epochs of a training (RLR §3, §8). All randomness follows from the seed and the step's number, so a training
 * resumed from the parameters and optimiser states at the end of an epoch is bit-identical to an uninterrupted one.
 */
final class TrainingLoop {
    private final Backend backend;
    private final TrainingSettings settings;
    private final TrainingListener listener;
    private final List<RlrTransformer> levels;
    private final FeatureStore features;
    private final int images;

    /** Receives the end of each epoch, with access to the full state. */
    @FunctionalInterface
    interface EpochEnd {
        void after(int epoch, EpochReport.Losses losses, double imagesPerSecond, LevelOptimizers optimizers);
    }

    TrainingLoop(
            Backend backend,
            TrainingSettings settings,
            TrainingListener listener,
            List<RlrTransformer> levels,
            FeatureStore features,
            int images) {
        this.backend = backend;
        this.settings = settings;
        this.listener = listener;
        this.levels = levels;
        this.features = features;
        this.images = images;
    }

    /**
     * Runs the epochs.
     *
     * @param resumed the state of an earlier run; null for a new training
     * @param ends whether to end early after that many epochs
     * @return the mean loss of the last epoch
     */
    double run(@Nullable TrainingState resumed, IntPredicate ends, EpochEnd end) {
        AdamSettings adam = AdamSettings.DEFAULT.withLearningRate(settings.learningRate());
        try (LevelOptimizers optimizers = new LevelOptimizers(
                        levels.stream().map(RlrTransformer::parameters).toList(), adam, settings.optimizer());
                TrainingSteps training = new TrainingSteps(backend, levels, optimizers, settings)) {
            for (int i = 0; i < levels.size(); i++) {
                levels.get(i).parameters().initialize(settings.seed() + 1_000_003L * i);
                if (resumed != null) {
                    resumed.levels().get(i).restore(levels.get(i).parameters(), optimizers.of(i));
                }
            }
            SplittableRandom random = new SplittableRandom(settings.seed());
            int[] order = new int[images];
            Arrays.setAll(order, i -> i);
            int steps = (images - 1) / settings.batchSize() + 1;
            int first = resumed == null ? 0 : resumed.epochs();
            for (int epoch = 0; epoch < first; epoch++) {
                shuffle(order, random);
            }
            double mean = resumed == null ? 0 : resumed.meanLoss();
            listener.started(first, mean);
            for (int epoch = first; epoch < settings.epochs() && !ends.test(epoch); epoch++) {
                listener.heartbeat();
                shuffle(order, random);
                long started = System.nanoTime();
                EpochReport.Losses losses = epoch(epoch, steps, order, training, optimizers);
                double seconds = (System.nanoTime() - started) / 1e9;
                mean = losses.total();
                end.after(epoch + 1, losses, images / seconds, optimizers);
            }
            return mean;
        }
    }

    private EpochReport.Losses epoch(
            int epoch, int steps, int[] order, TrainingSteps training, LevelOptimizers optimizers) {
        double sum = 0;
        double[] byLevel = new double[levels.size()];
        for (int step = 0; step < steps; step++) {
            int from = step * settings.batchSize();
            int count = Math.min(settings.batchSize(), images - from);
            double loss = 0;
            optimizers.learningRate(
                    settings.learningRate((long) epoch * steps + step, (long) settings.epochs() * steps));
            for (int level = 0; level < levels.size(); level++) {
                float[] batch = features.batch(level, Arrays.copyOfRange(order, from, from + count));
                double own = training.run(level, batch, count, (long) epoch * steps + step);
                byLevel[level] += own;
                loss += own;
            }
            if (!Double.isFinite(loss)) {
                throw new RlrException(
                        "the loss became " + loss + " in epoch " + (epoch + 1) + ", step " + (step + 1),
                        "lower `learningRate` (now " + settings.learningRate() + ") or `featureJitter` (now "
                                + settings.featureJitter() + ")");
            }
            sum += loss;
            listener.step(epoch + 1, settings.epochs(), step + 1, steps, loss, count);
        }
        return new EpochReport.Losses(
                sum / steps,
                Arrays.stream(byLevel).mapToObj(each -> each / steps).toList());
    }

    /** Shuffles the order. */
    static void shuffle(int[] order, SplittableRandom random) {
        for (int i = order.length - 1; i > 0; i--) {
            int j = random.nextInt(i + 1);
            int swap = order[i];
            order[i] = order[j];
            order[j] = swap;
        }
    }
}
