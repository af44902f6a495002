package org.rlr.model.attention;

import org.rlr.model.config.LevelConfig;
import org.rlr.tensor.nn.ParameterSet;

/**
 * Creates attention blocks of one kind (RLR §6). Found by {@link java.util.ServiceLoader}: implement this interface
 * with a public constructor without arguments and list the class in
 * {@code META-INF/services/org.rlr.model.attention.AttentionBlockProvider}. {@code docs/how-to/attention-blocks.md}
 * builds an example.
 */
public interface AttentionBlockProvider {

    /**
     * The name of the block in {@link LevelConfig#blocks} and in the names of its parameters in a state dict
     * ({@code encoder.encode_layers.0.NAME.…}): a lower-case letter, then lower-case letters, digits and underscores.
     *
     * @return the name; always the same
     */
    String name();

    /**
     * {@return the weight of the block's output without a learned gate: 2 for the published cross attention, 1 for the
     * other blocks (RLR §6)}
     */
    default float weight() {
        return 1;
    }

    /**
     * {@return whether the block attends to the reference; a model without such a block has no reference, and its
     * blocks receive null for it}
     */
    boolean usesReference();

    /**
     * Creates the block of one layer.
     *
     * @param names where the block declares its parameters; reserved for this block
     * @param level width, heads, grid, window size and reference length of the level
     * @return a new block; never one that another layer uses
     */
    AttentionBlock create(ParameterSet.Prefix names, LevelConfig level);
}
