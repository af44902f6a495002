package org.rlr.tensor.nn;

import java.util.List;
import org.rlr.tensor.Tensor;
import org.rlr.tensor.autograd.FusedFunctions;

/**
 * Layer normalisation over the last axis (Ba et al. 2016), eps 1e-5, {@code weight} ones and {@code bias} zeros at
 * first.
 */
public final class LayerNorm {
    private static final float EPSILON = 1e-5f;

    private final Parameter weight;
    private final Parameter bias;

    /**
     * Normalises rows of {@code width} values.
     *
     * @param names where {@code weight} and {@code bias} are declared
     * @param width extent of the last axis
     */
    public LayerNorm(ParameterSet.Prefix names, int width) {
        weight = names.declare("weight", Initializer.constant(1), width);
        bias = names.declare("bias", Initializer.constant(0), width);
    }

    /**
     * {@code [..., width] → [..., width]}.
     *
     * @param x {@code [..., width]}
     * @return of x's shape
     * @throws IllegalArgumentException if the last extent is another
     */
    public Tensor forward(Tensor x) {
        return FusedFunctions.layerNorm(x, weight.tensor(), bias.tensor(), EPSILON);
    }

    /**
     * Of {@code Σᵢ wᵢ·xᵢ}, all {@code [..., width]}.
     *
     * @param xs at least one, all of one shape
     * @param weights one for each, constant
     * @return of their shape
     * @throws IllegalArgumentException if shapes or numbers do not fit
     */
    public Tensor forward(List<Tensor> xs, float... weights) {
        return FusedFunctions.layerNormOfSum(xs, weights, weight.tensor(), bias.tensor(), EPSILON);
    }
}
