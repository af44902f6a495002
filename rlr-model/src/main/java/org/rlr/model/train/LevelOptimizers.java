package org.rlr.model.train;

import java.util.ArrayList;
import java.util.List;
import org.rlr.model.config.OptimizerMode;
import org.rlr.tensor.backend.AdamSettings;
import org.rlr.tensor.nn.Adam;
import org.rlr.tensor.nn.ParameterSet;

/** An Adam optimiser per level, stepped by the rule of {@link OptimizerMode}. */
final class LevelOptimizers implements AutoCloseable {
    private final List<ParameterSet> parameters;
    private final List<Adam> optimizers = new ArrayList<>();
    private AdamSettings settings;
    private final OptimizerMode mode;

    LevelOptimizers(List<ParameterSet> parameters, AdamSettings settings, OptimizerMode mode) {
        this.parameters = parameters;
        this.settings = settings;
        this.mode = mode;
        parameters.forEach(p -> optimizers.add(new Adam(p)));
    }

    /** Clears a level's gradients before they are computed. */
    void zeroGradients(int level) {
        parameters.get(level).zeroGradients();
    }

    /** Steps a level whose gradients are computed, and with zero steps the other levels that were stepped before. */
    void step(int level) {
        optimizers.get(level).step(settings);
        if (mode == OptimizerMode.ZERO_STEPS) {
            for (int other = 0; other < optimizers.size(); other++) {
                if (other != level && optimizers.get(other).steps() > 0) {
                    parameters.get(other).zeroGradients();
                    optimizers.get(other).step(settings);
                }
            }
        }
    }

    /** Counts a step of a level that a capture runs. */
    void stepped(int level) {
        optimizers.get(level).stepped();
    }

    /** Sets the learning rate from the next step on. */
    void learningRate(float rate) {
        settings = settings.withLearningRate(rate);
    }

    float learningRate() {
        return settings.learningRate();
    }

    /** Returns the optimiser of a level. */
    Adam of(int level) {
        return optimizers.get(level);
    }

    @Override
    public void close() {
        optimizers.forEach(Adam::close);
    }
}
