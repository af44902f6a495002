package org.rlr.model.backbone;

import java.util.List;
import org.rlr.tensor.Tensor;

/** A frozen feature extractor (RLR §2). Never trained; may be used by several threads at once. */
public interface Backbone extends AutoCloseable {

    /** {@return its name, levels and input, as its provider describes it} */
    BackboneInfo info();

    /**
     * Feature maps of images, unsmoothed. The results belong to the innermost scope; what was needed on the way is
     * given back.
     *
     * @param images {@code [N, H, W, 3]}, normalised as {@link BackboneInfo#normalization} says
     * @param levels ascending, of those that it was made for
     * @return for each level {@code [N, H/stride, W/stride, C]}
     */
    List<Tensor> features(Tensor images, List<Integer> levels);

    /**
     * The same features by operations of tensors alone, so that they can be recorded, as for an ONNX file. A backbone
     * that {@linkplain Tensor#toArray reads values} on the way overrides this, or its models cannot be exported so.
     *
     * @param images {@code [N, H, W, 3]}, normalised as {@link BackboneInfo#normalization} says
     * @param levels ascending, of those that it was made for
     * @return for each level {@code [N, H/stride, W/stride, C]}, but for rounding as {@link #features}
     */
    default List<Tensor> tensorFeatures(Tensor images, List<Integer> levels) {
        return features(images, levels);
    }

    /**
     * The weights that a model file keeps.
     *
     * @return those that the backbone was made with, in their order; empty for a backbone without weights
     */
    StateDict weights();

    /**
     * Gives back memory on the host that is kept for reuse, beside that of the backend; calls in progress are not
     * touched. Does nothing where none is kept.
     */
    default void trim() {}

    @Override
    void close();
}
