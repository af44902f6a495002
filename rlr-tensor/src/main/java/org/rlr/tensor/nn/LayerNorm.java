package org.rlr.tensor.nn;

import java.util.List;
import org.rlr.tensor.Tensor;
import org.rlr.tensor.autograd.FusedFunctions;

/** Layer normalisation over the last axis (Ba et al. 2016), {@code weight} initially ones and {@code bias} zeros. */
public final class LayerNorm {
    private final Parameter weight;
    private final Parameter bias;
    private final float eps;

    /**
     * Declares a layer for rows of {@code width} values, eps 1e-5.
     *
     * @param names prefix under which {@code weight} and {@code bias} are declared
     * @param width extent of the last axis
     */
    public LayerNorm(ParameterSet.Prefix names, int width) {
        this(names, width, 1e-5f);
    }

    /**
     * Declares a layer for rows of {@code width} values.
     *
     * @param names prefix under which {@code weight} and {@code bias} are declared
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
     * @throws IllegalArgumentException if the last extent differs
     */
    public Tensor forward(Tensor x) {
        return FusedFunctions.layerNorm(x, weight.tensor(), bias.tensor(), eps);
    }

    /**
     * Normalises {@code Σᵢ wᵢ·xᵢ}, all {@code [..., width]}.
     *
     * @param xs at least one, all of the same shape
     * @param weights one constant weight per term
     * @return a tensor of their shape
     * @throws IllegalArgumentException if the shapes or counts differ
     */
    public Tensor forward(List<Tensor> xs, float... weights) {
        return FusedFunctions.layerNormOfSum(xs, weights, weight.tensor(), bias.tensor(), eps);
    }
}
