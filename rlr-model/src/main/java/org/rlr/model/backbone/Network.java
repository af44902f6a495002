package org.rlr.model.backbone;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.rlr.model.config.FeatureLevel;
import org.rlr.tensor.Tensor;
import org.rlr.tensor.TensorScope;
import org.rlr.tensor.backend.Backend;
import org.rlr.tensor.nn.ParameterSet;

/** A convolutional network: blocks in sequence; the outputs of some are feature levels. */
final class Network {
    private final ParameterSet parameters = new ParameterSet();
    private final List<Stage> stages = new ArrayList<>();

    /** A block, and the feature level of its output; null for none. */
    private record Stage(Block block, @Nullable FeatureLevel level) {}

    /** Declared parameters of all blocks. */
    ParameterSet parameters() {
        return parameters;
    }

    /** Adds a block whose output is not a feature level. */
    void add(Block block) {
        stages.add(new Stage(block, null));
    }

    /** Adds a block whose output is a feature level. */
    void add(Block block, FeatureLevel level) {
        stages.add(new Stage(block, level));
    }

    /** The feature levels, ascending. */
    List<FeatureLevel> levels() {
        return stages.stream()
                .filter(stage -> stage.level != null)
                .map(Stage::level)
                .toList();
    }

    /** See {@link Backbone#features}. */
    List<Tensor> features(Backend backend, Tensor images, List<Integer> levels) {
        requireLevels(levels);
        int last = levels.get(levels.size() - 1);
        try (TensorScope scope = TensorScope.inference(backend)) {
            List<Tensor> maps = new ArrayList<>();
            Tensor x = images;
            for (Stage stage : stages) {
                Tensor y = stage.block.forward(x);
                if (x != images && !maps.contains(x)) {
                    x.close();
                }
                x = y;
                if (stage.level != null && levels.contains(stage.level.level())) {
                    maps.add(y);
                    if (stage.level.level() == last) {
                        break;
                    }
                }
            }
            maps.forEach(scope::keep);
            return maps;
        }
    }

    private void requireLevels(List<Integer> levels) {
        List<Integer> there = levels().stream().map(FeatureLevel::level).toList();
        boolean ascending = !levels.isEmpty() && there.containsAll(levels);
        for (int i = 1; i < levels.size(); i++) {
            ascending &= levels.get(i) > levels.get(i - 1);
        }
        if (!ascending) {
            throw new IllegalArgumentException(
                    "levels " + levels + " are not ascending or not among the loaded levels " + there);
        }
    }
}
