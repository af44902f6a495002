package org.rlr.model.backbone;

import java.util.List;
import java.util.Map;
import org.rlr.model.data.Normalization;
import org.rlr.tensor.Tensor;

/**
 * A frozen feature extractor (RLR §2). Level {@code i} is a feature map of stride {@code 2^(i+1)}. Never trained; may
 * be used by several threads at once.
 */
public interface Backbone extends AutoCloseable {

    /** {@return the name by which users choose it, {@code tf_efficientnet_b6}} */
    String name();

    /** {@return how it wants pixels} */
    Normalization normalization();

    /** {@return the levels it has, ascending} */
    List<Integer> levels();

    /**
     * Channels of a level.
     *
     * @param level feature level
     * @return their number
     * @throws org.rlr.tensor.RlrException if it has no such level, naming those it has
     */
    int channels(int level);

    /** {@return whether features are to be standardised per channel by their statistics over the training images} */
    boolean standardized();

    /**
     * Feature maps of images, unsmoothed. The results belong to the innermost scope; what was needed on the way is
     * given back.
     *
     * @param images {@code [N, H, W, 3]}, normalised as {@link #normalization()} says
     * @param levels ascending
     * @return for each level {@code [N, H/stride, W/stride, C]}
     */
    List<Tensor> features(Tensor images, List<Integer> levels);

    /**
     * {@return the weights by their names in the published state dict, as far as the levels loaded for need them; empty
     * for a backbone without weights} What a model file keeps.
     */
    Map<String, Weight> weights();

    /**
     * One tensor of a state dict.
     *
     * @param shape extents, convolutions as {@code [out, in/groups, k, k]}
     * @param values row-major
     */
    record Weight(int[] shape, float[] values) {}

    @Override
    void close();
}
