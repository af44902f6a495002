package org.rlr.model.backbone;

import java.util.List;
import java.util.Map;
import org.rlr.tensor.backend.Backend;

/**
 * Creates backbones. Found by {@link java.util.ServiceLoader}: implement this interface with a public constructor
 * without arguments and list the class in {@code META-INF/services/org.rlr.model.backbone.BackboneProvider}.
 * {@code docs/how-to/own-backbone.md} builds an example.
 */
public interface BackboneProvider {

    /**
     * The names by which users choose the backbones: a lower-case letter, then lower-case letters, digits, underscores
     * and hyphens.
     *
     * @return the names; always the same
     */
    List<String> names();

    /**
     * Describes a backbone without loading its weights.
     *
     * @param name one of {@link #names}
     * @return levels, input and defaults
     */
    BackboneInfo info(String name);

    /**
     * Names, as in the published state dict, and shapes of the weights that a backbone needs for feature levels; a
     * {@link org.rlr.tensor.nn.ParameterSet} returns its own with {@code stateShapes()}.
     *
     * @param name one of {@link #names}
     * @param levels levels of the description, ascending
     * @return shapes by name, convolutions as {@code [out, in/groups, k, k]}; empty for a backbone without weights
     */
    Map<String, int[]> weightShapes(String name, List<Integer> levels);

    /**
     * Creates a backbone.
     *
     * @param name one of {@link #names}
     * @param backend the backend to compute on; owned by the caller
     * @param levels the feature levels that will be requested, levels of the description, ascending
     * @param weights exactly the tensors of {@link #weightShapes}, in that order and with those shapes; in memory, to
     *     be returned by {@link Backbone#weights}
     * @param origin source of the weights for messages, such as a file
     * @return the backbone; the caller closes it
     * @throws org.rlr.tensor.RlrException if the weights cannot be used
     */
    Backbone create(String name, Backend backend, List<Integer> levels, StateDict weights, String origin);
}
