package org.rlr.model.transformer;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.rlr.model.attention.AttentionBlock;
import org.rlr.model.attention.AttentionBlocks;
import org.rlr.model.attention.Reference;
import org.rlr.model.config.LevelConfig;
import org.rlr.tensor.RlrException;
import org.rlr.tensor.Tensor;
import org.rlr.tensor.TensorScope;
import org.rlr.tensor.backend.Activation;
import org.rlr.tensor.nn.LayerNorm;
import org.rlr.tensor.nn.Linear;
import org.rlr.tensor.nn.ParameterSet;

/**
 * {@code y = LN₁(Σ_b g_b·block_b(x))}, {@code x' = LN₂(y + FFN(y))} (RLR §7): without residual connections around the
 * blocks.
 */
final class EncoderLayer {
    private final int index;
    private final List<String> names;
    private final List<AttentionBlock> blocks = new ArrayList<>();
    private final LayerNorm norm1;
    private final LayerNorm norm2;
    private final Linear fc1;
    private final Linear fc2;

    EncoderLayer(ParameterSet.Prefix prefix, LevelConfig c, int index) {
        this.index = index;
        this.names = c.blocks();
        int modelWidth = c.modelWidth();
        for (String name : names) {
            blocks.add(AttentionBlocks.create(name, prefix.sub(name), c));
        }
        norm1 = new LayerNorm(prefix.sub("norm1"), modelWidth);
        norm2 = new LayerNorm(prefix.sub("norm2"), modelWidth);
        fc1 = new Linear(prefix.sub("ffn").sub("fc1"), modelWidth, 4 * modelWidth);
        fc2 = new Linear(prefix.sub("ffn").sub("fc2"), 4 * modelWidth, modelWidth);
    }

    /** @param closing as for {@link #part} */
    Tensor forward(Tensor x, @Nullable Reference reference, Gate gate, boolean closing) {
        Tensor y = part(closing, () -> {
            List<Tensor> outputs = new ArrayList<>();
            for (int b = 0; b < blocks.size(); b++) {
                AttentionBlock block = blocks.get(b);
                outputs.add(checked(names.get(b), x, part(closing, () -> block.forward(x, reference))));
            }
            Gate.Terms gated = gate.combine(index, x, outputs);
            return norm1.forward(gated.terms(), gated.weights());
        });
        Tensor mixed = part(closing, () -> fc2.forward(fc1.forward(y, Activation.GELU)));
        return norm2.forward(List.of(y, mixed), 1, 1);
    }

    /**
     * Computes a part of the network.
     *
     * @param closing whether to close its intermediate results, which take most of a network's memory
     */
    static Tensor part(boolean closing, Supplier<Tensor> computation) {
        return closing ? TensorScope.closingIntermediates(computation) : computation.get();
    }

    /** Users can write blocks; a gate would silently broadcast an output of another shape. */
    private Tensor checked(String block, Tensor x, Tensor output) {
        if (output == null || !output.shape().equals(x.shape())) {
            throw new RlrException(
                    "the attention block '" + block + "' of layer " + index + " returned "
                            + (output == null ? "null" : "a tensor of shape " + output.shape())
                            + " for tokens of shape "
                            + x.shape(),
                    "its forward has to give a tensor of their shape");
        }
        return output;
    }
}
