package org.rlr.model.train;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.rlr.model.config.TrainingSettings;
import org.rlr.model.transformer.RlrTransformer;
import org.rlr.tensor.backend.AdamSettings;
import org.rlr.tensor.backend.Backend;

/** Times steps of a training before it begins; their result is discarded. */
final class StepTimer {
    /** The fewest steps of a training that are worth timing. */
    static final long WORTHWHILE_STEPS = 200;

    private static final int LEAST = 3;
    private static final int MOST = 40;
    private static final double SECONDS = 4;
    private static final double SHARE = 0.05;

    private StepTimer() {}

    /**
     * Returns the time of a step after kernels are compiled: close to the fastest step of a few seconds.
     *
     * @param levels the levels; the parameters are changed
     * @param images the number of training images in the store
     * @param left remaining seconds of the training; timing takes a twentieth of them
     * @param heartbeat run after each step
     * @return the seconds for a batch on all levels
     */
    static double seconds(
            Backend backend,
            TrainingSettings settings,
            List<RlrTransformer> levels,
            FeatureStore features,
            int images,
            double left,
            Runnable heartbeat) {
        int[] batch = new int[Math.min(images, settings.batchSize())];
        Arrays.setAll(batch, i -> i);
        for (int i = 0; i < levels.size(); i++) {
            levels.get(i).parameters().initialize(settings.seed() + i);
        }
        List<Double> times = new ArrayList<>();
        try (LevelOptimizers optimizers = new LevelOptimizers(
                        levels.stream().map(RlrTransformer::parameters).toList(),
                        AdamSettings.DEFAULT.withLearningRate(settings.learningRate(0, MOST)),
                        settings.optimizer());
                TrainingSteps steps = new TrainingSteps(backend, levels, optimizers, settings)) {
            double all = 0;
            for (int step = 0; step < MOST && (step < LEAST || all < Math.min(SECONDS, SHARE * left)); step++) {
                long started = System.nanoTime();
                for (int level = 0; level < levels.size(); level++) {
                    steps.run(level, features.batch(level, batch), batch.length, step);
                }
                double time = (System.nanoTime() - started) / 1e9;
                times.add(time);
                all += time;
                heartbeat.run();
            }
        }
        times.sort(null);
        return times.get(times.size() / 4);
    }
}
