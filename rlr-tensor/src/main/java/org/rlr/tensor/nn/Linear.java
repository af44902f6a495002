package org.rlr.tensor.nn;

import org.rlr.tensor.Tensor;
import org.rlr.tensor.autograd.FusedFunctions;
import org.rlr.tensor.backend.Activation;

/** A linear layer, {@code x·Wᵀ + b}; {@code weight [out, in]}, {@code bias [out]}. */
public final class Linear {
    private final Parameter weight;
    private final Parameter bias;

    /**
     * Declares a layer with weights and bias uniform in {@code ±1/√in}, PyTorch's default.
     *
     * @param names prefix under which the parameters are declared
     * @param in inputs
     * @param out outputs
     */
    public Linear(ParameterSet.Prefix names, int in, int out) {
        this(names, in, out, Initializer.fanIn(in), Initializer.fanIn(in));
    }

    /**
     * Declares a layer with the given initialisers.
     *
     * @param names prefix under which the parameters are declared
     * @param in inputs
     * @param out outputs
     * @param weights initialiser of {@code weight [out, in]}
     * @param biases initialiser of {@code bias [out]}
     */
    public Linear(ParameterSet.Prefix names, int in, int out, Initializer weights, Initializer biases) {
        weight = names.declareWeights(1, "weight", weights, out, in);
        bias = names.declare("bias", biases, out);
    }

    /**
     * {@code [..., in] → [..., out]}.
     *
     * @param x {@code [..., in]}
     * @return {@code [..., out]}
     * @throws IllegalArgumentException if the last extent differs
     */
    public Tensor forward(Tensor x) {
        return forward(x, Activation.NONE);
    }

    /**
     * The linear map and an activation in one pass.
     *
     * @param x {@code [..., in]}
     * @param activation applied to the result
     * @return {@code [..., out]}
     * @throws IllegalArgumentException if the last extent differs
     */
    public Tensor forward(Tensor x, Activation activation) {
        return FusedFunctions.linear(x, weight.tensor(), bias.tensor(), activation);
    }
}
