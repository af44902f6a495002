package org.rlr.model.backbone;

import java.util.List;
import org.rlr.tensor.Tensor;

/** A frozen feature extractor (RLR §2). Safe for use by several threads. */
public interface Backbone extends AutoCloseable {

    /** {@return its name, levels and input, as described by its provider} */
    BackboneInfo info();

    /**
     * Computes feature maps of images, without smoothing. The results belong to the innermost scope; intermediate
     * results are released.
     *
     * @param images {@code [N, H, W, 3]}, normalised as in {@link BackboneInfo#normalization}
     * @param levels ascending; levels that the backbone was created with
     * @return for each level {@code [N, H/stride, W/stride, C]}
     */
    List<Tensor> features(Tensor images, List<Integer> levels);

    /**
     * Computes the same features with tensor operations only, so that they can be recorded, as for ONNX export. A
     * backbone that {@linkplain Tensor#toArray reads values} of intermediate results must override this; otherwise its
     * models cannot be exported.
     *
     * @param images {@code [N, H, W, 3]}, normalised as in {@link BackboneInfo#normalization}
     * @param levels ascending; levels that the backbone was created with
     * @return for each level {@code [N, H/stride, W/stride, C]}, equal to {@link #features} up to rounding
     */
    default List<Tensor> tensorFeatures(Tensor images, List<Integer> levels) {
        return features(images, levels);
    }

    /**
     * Returns the weights to store in a model file.
     *
     * @return the weights that the backbone was created with, in order; empty for a backbone without weights
     */
    StateDict weights();

    /**
     * Releases host memory that this backbone itself keeps for reuse; calls in progress are not affected. Does nothing
     * by default.
     */
    default void trim() {}

    @Override
    void close();
}
