package org.rlr.model.attention;

import org.rlr.model.config.LevelConfig;
import org.rlr.tensor.nn.ParameterSet;

/**
 * Makes attention blocks of one kind (RLR §6); found by {@link java.util.ServiceLoader}, so that a block needs this
 * class with a public constructor without arguments, and its name in
 * {@code META-INF/services/org.rlr.model.attention.AttentionBlockProvider}. {@code docs/extending.md} builds one.
 */
public interface AttentionBlockProvider {

    /**
     * The name that stands for the block in {@link LevelConfig#blocks}, and under which its parameters stand in a state
     * dict ({@code encoder.encode_layers.0.NAME.…}): a small letter, then small letters, digits and underscores.
     *
     * @return the name; always the same
     */
    String name();

    /**
     * {@return the weight of the block's output where no gate is learned: 2 for the published cross attention, 1 for
     * the other blocks (RLR §6)}
     */
    default float weight() {
        return 1;
    }

    /**
     * {@return whether the block attends to the reference; a model in which none does has no reference, and its blocks
     * are given null for it}
     */
    boolean usesReference();

    /**
     * A block of one layer.
     *
     * @param names where the block declares its parameters; nothing else stands there
     * @param level width, heads, grid, window and reference length of the level
     * @return a block of its own, not one given to another layer
     */
    AttentionBlock create(ParameterSet.Prefix names, LevelConfig level);
}
