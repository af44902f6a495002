package org.rlr.tensor.nn;

import org.rlr.tensor.Tensor;
import org.rlr.tensor.autograd.Functions;
import org.rlr.tensor.autograd.FusedFunctions;
import org.rlr.tensor.backend.Activation;
import org.rlr.tensor.backend.AttentionPattern;

/**
 * Multi-head attention with the projections of q, k and v stacked ({@code in_proj_weight [3d, d]}, {@code in_proj_bias
 * [3d]}) and an output projection ({@code out_proj.weight}, {@code out_proj.bias}), laid out as in PyTorch's module of
 * that name. Projection and attention are separate methods, so that constant keys and values are projected only once.
 */
public final class MultiHeadAttention {
    private final int width;
    private final Parameter inWeight;
    private final Parameter inBias;
    private final Linear out;

    /**
     * Declares attention over tokens of {@code width} channels: Xavier-uniform over the stacked matrix, zero biases.
     *
     * @param names prefix under which the parameters are declared
     * @param width d
     */
    public MultiHeadAttention(ParameterSet.Prefix names, int width) {
        this.width = width;
        inWeight = names.declareWeights(
                3, "in_proj_weight", Initializer.xavierUniform(width, 3 * width), 3 * width, width);
        inBias = names.declare("in_proj_bias", Initializer.constant(0), 3 * width);
        out = new Linear(names.sub("out_proj"), width, width, Initializer.fanIn(width), Initializer.constant(0));
    }

    /**
     * {@code x·W_qᵀ + b_q}; {@code [N, L, d]}.
     *
     * @param x {@code [N, L, d]}
     * @return {@code [N, L, d]}
     */
    public Tensor query(Tensor x) {
        return project(x, 0);
    }

    /**
     * {@code x·W_kᵀ + b_k}; {@code [N, M, d]}.
     *
     * @param x {@code [N, M, d]}
     * @return {@code [N, M, d]}
     */
    public Tensor key(Tensor x) {
        return project(x, 1);
    }

    /**
     * {@code x·W_vᵀ + b_v}; {@code [N, M, d]}.
     *
     * @param x {@code [N, M, d]}
     * @return {@code [N, M, d]}
     */
    public Tensor value(Tensor x) {
        return project(x, 2);
    }

    /**
     * The output projection of the attention of q over k and v.
     *
     * @param q projected queries {@code [N, L, d]}
     * @param k projected keys {@code [N or 1, M, d]}
     * @param v projected values {@code [N or 1, M, d]}
     * @param pattern heads, grid and locality
     * @return {@code [N, L, d]}
     * @throws IllegalArgumentException if the shapes do not match each other or the grid
     */
    public Tensor attend(Tensor q, Tensor k, Tensor v, AttentionPattern pattern) {
        return output(FusedFunctions.attention(q, k, v, pattern));
    }

    /**
     * {@code y·W_oᵀ + b_o}, the output projection alone, for attention computed elsewhere; {@code [N, L, d]}.
     *
     * @param y {@code [N, L, d]}
     * @return {@code [N, L, d]}
     */
    public Tensor output(Tensor y) {
        return out.forward(y);
    }

    private Tensor project(Tensor x, int which) {
        Tensor w = Functions.narrow(inWeight.tensor(), which * width, width);
        Tensor b = Functions.narrow(inBias.tensor(), which * width, width);
        return FusedFunctions.linear(x, w, b, Activation.NONE);
    }
}
