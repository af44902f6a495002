package org.rlr.tensor.nn;

import java.util.List;
import org.rlr.tensor.Tensor;
import org.rlr.tensor.autograd.FusedFunctions;

/** Layer normalisation over the last axis (Ba et al. 2016), {@code weight} ones and {@code bias} zeros at first. */
public final class LayerNorm {
    private final Parameter weight;
    private final Parameter bias;
    private final float eps;

    /**
     * Normalises rows of {@code width} values, eps 1e-5.
     *
     * @param names where {@code weight} and {@code bias} are declared
     * @param width extent of the last axis
     */
    public LayerNorm(ParameterSet.Prefix names, int width) {
        this(names, width, 1e-5f);
    }

    /**
     * Normalises rows of {@code width} values.
     *
     * @param names where {@code weight} and {@code bias} are declared
     * @param width extent of the last axis
     * @param eps added to the variance
     */
    public LayerNorm(ParameterSet.Prefix names, int width, float eps) {
        this.eps = eps;
        weight = names.declare("weight", Initializer.constant(1), width);
        bias = names.declare("bias", Initializer.constant(0), width);
    }

    /**
     * {@code [..., width] → [..., width]}.
     *
     * @param x {@code [..., width]}
     * @return a tensor of x's shape
     * @throws IllegalArgumentException if the last extent is another
     */
    public Tensor forward(Tensor x) {
        return FusedFunctions.layerNorm(x, weight.tensor(), bias.tensor(), eps);
    }

    /**
     * Of {@code Σᵢ wᵢ·xᵢ}, all {@code [..., width]}.
     *
     * @param xs at least one, all of one shape
     * @param weights one for each, constant
     * @return a tensor of their shape
     * @throws IllegalArgumentException if shapes or numbers do not fit
     */
    public Tensor forward(List<Tensor> xs, float... weights) {
        return FusedFunctions.layerNormOfSum(xs, weights, weight.tensor(), bias.tensor(), eps);
    }
}
