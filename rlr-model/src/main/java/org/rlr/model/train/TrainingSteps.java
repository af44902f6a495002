package org.rlr.model.train;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.rlr.model.config.LevelConfig;
import org.rlr.model.config.OptimizerMode;
import org.rlr.model.config.TrainingSettings;
import org.rlr.model.transformer.RlrTransformer;
import org.rlr.tensor.Shape;
import org.rlr.tensor.Tensor;
import org.rlr.tensor.TensorScope;
import org.rlr.tensor.backend.Backend;
import org.rlr.tensor.backend.View;
import org.rlr.tensor.nn.RepeatedStep;

/**
 * Runs the steps of a training (RLR §8): perturbation, forward, loss, gradients, optimiser. A backend with capture
 * records a step when a level sees a batch size for the second time, and replays it from then on; the results are
 * bit-identical.
 */
final class TrainingSteps implements AutoCloseable {
    private final Backend backend;
    private final List<RlrTransformer> levels;
    private final LevelOptimizers optimizers;
    private final TrainingSettings settings;
    private final Perturbation perturbation;
    private final Map<List<Integer>, Step> steps = new HashMap<>();

    TrainingSteps(Backend backend, List<RlrTransformer> levels, LevelOptimizers optimizers, TrainingSettings settings) {
        this.backend = backend;
        this.levels = levels;
        this.optimizers = optimizers;
        this.settings = settings;
        perturbation = new Perturbation(settings);
    }

    /**
     * Runs a step of one level.
     *
     * @param batch features of {@code images}
     * @param step number of the step over all epochs, from 0
     * @return the loss
     */
    double run(int level, float[] batch, int images, long step) {
        return steps.computeIfAbsent(List.of(level, images), key -> new Step(level, images))
                .run(batch, step);
    }

    /** Ends captures and frees memory. */
    @Override
    public void close() {
        steps.values().forEach(Step::close);
        steps.clear();
    }

    /** The steps of one level with one batch size. Inputs and outputs keep their addresses, as a capture requires. */
    private final class Step {
        private final int level;
        private final int images;
        private final RlrTransformer transformer;
        private final Tensor x;
        private final @Nullable Tensor chosen;
        private final Tensor loss;
        private final float[] value = new float[1];
        private final RepeatedStep repeated;

        Step(int level, int images) {
            this.level = level;
            this.images = images;
            transformer = levels.get(level);
            LevelConfig c = transformer.config();
            x = held(images, c.tokens(), c.channels());
            chosen = perturbation.chosen(images, c.tokens(), 0, level) == null ? null : held(images, c.tokens());
            loss = held();
            // with zero steps other levels are stepped too, and their set changes during the training
            repeated = new RepeatedStep(
                    backend,
                    settings.optimizer() != OptimizerMode.ZERO_STEPS,
                    Perturbation.STREAMS_PER_STEP,
                    this::submit,
                    () -> optimizers.stepped(level));
        }

        private Tensor held(int... extents) {
            return Tensor.wrapUnscoped(backend, View.allocate(backend, Shape.of(extents)));
        }

        double run(float[] batch, long step) {
            backend.upload(batch, 0, x.view());
            float[] numbers = perturbation.chosen(images, transformer.config().tokens(), step, level);
            if (chosen != null && numbers != null) {
                backend.upload(numbers, 0, chosen.view());
            }
            repeated.run(step, optimizers.learningRate());
            backend.download(loss.view(), value, 0);
            return value[0];
        }

        @SuppressWarnings("try") // the scope only needs to be open
        private void submit(long step) {
            optimizers.zeroGradients(level);
            try (TensorScope scope = TensorScope.open(backend)) {
                Tensor result = transformer.loss(transformer.forward(perturbation.apply(x, chosen, step, level)), x);
                result.backward();
                backend.copy(result.view(), loss.view());
            }
            optimizers.step(level);
        }

        void close() {
            repeated.close();
            x.close();
            if (chosen != null) {
                chosen.close();
            }
            loss.close();
        }
    }
}
