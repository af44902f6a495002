package org.rlr.model.transformer;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.rlr.model.attention.AttentionBlocks;
import org.rlr.model.config.GateMode;
import org.rlr.model.config.LevelConfig;
import org.rlr.tensor.Tensor;
import org.rlr.tensor.autograd.Functions;
import org.rlr.tensor.backend.Activation;
import org.rlr.tensor.nn.Initializer;
import org.rlr.tensor.nn.Linear;
import org.rlr.tensor.nn.Parameter;
import org.rlr.tensor.nn.ParameterSet;

/** Weights the outputs of a layer's blocks: {@code Σ_b g_b·block_b(x)} (RLR §7). */
final class Gate {
    private final float[] constants;
    /** Null except for {@link GateMode#GATE}. */
    private final @Nullable Parameter table;
    /** Null except for {@link GateMode#NET}. */
    private final @Nullable Net net;

    private record Net(Linear hidden, Linear logits) {}

    Gate(ParameterSet.Prefix encoder, LevelConfig c) {
        int blocks = c.blocks().size();
        constants = new float[blocks];
        for (int b = 0; b < blocks; b++) {
            constants[b] = AttentionBlocks.weight(c.blocks().get(b));
        }
        table = c.gate() == GateMode.GATE ? encoder.declare("gate", Initializer.constant(1), c.layers(), blocks) : null;
        net = c.gate() == GateMode.NET
                ? new Net(
                        new Linear(encoder.sub("gate").sub("0"), 2 * c.modelWidth(), c.modelWidth()),
                        new Linear(encoder.sub("gate").sub("2"), c.modelWidth(), blocks))
                : null;
    }

    /**
     * The terms of the weighted sum before addition: {@code Σ weights·terms}.
     *
     * @param terms {@code [N, L, d]} each
     */
    record Terms(List<Tensor> terms, float[] weights) {}

    /** Returns the terms; x {@code [N, L, d]} is the layer's input, outputs are the blocks' in order. */
    Terms combine(int layer, Tensor x, List<Tensor> outputs) {
        Tensor weights;
        if (table != null) {
            weights = Functions.narrow(table.tensor(), layer, 1);
        } else if (net != null) {
            int n = x.dim(0);
            int modelWidth = x.dim(2);
            Tensor summary = Functions.concat(
                    List.of(x.mean(1).reshape(n, modelWidth), x.max(1).reshape(n, modelWidth)), 1);
            weights = net.logits
                    .forward(net.hidden.forward(summary, Activation.GELU))
                    .softmax();
        } else {
            return new Terms(outputs, constants);
        }
        List<Tensor> weighted = new ArrayList<>();
        for (int b = 0; b < outputs.size(); b++) {
            Tensor g = weights.slice(1, b, 1).reshape(weights.dim(0), 1, 1);
            weighted.add(outputs.get(b).mul(g));
        }
        float[] ones = new float[outputs.size()];
        java.util.Arrays.fill(ones, 1);
        return new Terms(weighted, ones);
    }
}
