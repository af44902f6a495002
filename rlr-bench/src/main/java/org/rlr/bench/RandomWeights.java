package org.rlr.bench;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.rlr.bench.TorchPeer.Operand;
import org.rlr.model.backbone.Backbones;
import org.rlr.model.backbone.StateDict;

/** Random weights of a backbone, to measure only its time. */
final class RandomWeights {
    private RandomWeights() {}

    /**
     * The weights that feature levels need, by timm's names. They keep the features' magnitude through the layers, and
     * are the same in every run.
     */
    static Map<String, Operand> of(String backbone, List<Integer> levels) {
        Map<String, Operand> weights = new HashMap<>();
        SplittableRandom random = new SplittableRandom(2);
        Backbones.weightShapes(backbone, levels).forEach((key, shape) -> {
            int elements = Arrays.stream(shape).reduce(1, Math::multiplyExact);
            double largest = shape.length > 1 ? Math.sqrt(6.0 * shape[0] / elements) : 0.2;
            double mean = key.endsWith("running_var") || (shape.length == 1 && key.endsWith("weight")) ? 1 : 0;
            float[] values = new float[elements];
            for (int i = 0; i < elements; i++) {
                values[i] = (float) (mean + largest * (2 * random.nextDouble() - 1));
            }
            weights.put(key, new Operand(values, shape));
        });
        return weights;
    }

    /** The weights in the format of our backbones. */
    static StateDict stateDict(Map<String, Operand> weights) {
        Map<String, StateDict.Weight> state = new HashMap<>();
        weights.forEach((key, w) -> state.put(key, new StateDict.Weight(w.shape(), w.values())));
        return StateDict.of(state);
    }
}
