package org.rlr.model.backbone;

import java.util.List;
import java.util.Map;
import org.rlr.tensor.backend.Backend;

/**
 * Makes backbones; found by {@link java.util.ServiceLoader}, so that a backbone needs this class with a public
 * constructor without arguments, and its name in {@code META-INF/services/org.rlr.model.backbone.BackboneProvider}.
 * {@code docs/own-backbone.md} builds one.
 */
public interface BackboneProvider {

    /**
     * The names by which users choose the backbones: a small letter, then small letters, digits, underscores and
     * hyphens.
     *
     * @return the names; always the same
     */
    List<String> names();

    /**
     * The description of a backbone, made without its weights.
     *
     * @param name one of {@link #names}
     * @return levels, input and defaults
     */
    BackboneInfo info(String name);

    /**
     * Names, as in the published state dict, and shapes of the weights that a backbone needs for feature levels; a
     * {@link org.rlr.tensor.nn.ParameterSet} tells its own by {@code stateShapes()}.
     *
     * @param name one of {@link #names}
     * @param levels of the description, ascending
     * @return extents by name, convolutions as {@code [out, in/groups, k, k]}; empty for a backbone that needs no
     *     weights
     */
    Map<String, int[]> weightShapes(String name, List<Integer> levels);

    /**
     * A backbone ready for use.
     *
     * @param name one of {@link #names}
     * @param backend where it computes; stays the caller's
     * @param levels the feature levels that will be asked for, of the description, ascending
     * @param weights the tensors of {@link #weightShapes}, in that order and of those shapes, and no others; in memory,
     *     to be kept for {@link Backbone#weights}
     * @param origin what the weights are, for messages: a file
     * @return the backbone; the caller closes it
     * @throws org.rlr.tensor.RlrException if the weights cannot be used
     */
    Backbone create(String name, Backend backend, List<Integer> levels, StateDict weights, String origin);
}
