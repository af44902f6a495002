package org.rlr.model.transformer;

import org.rlr.tensor.Tensor;
import org.rlr.tensor.autograd.FusedFunctions;
import org.rlr.tensor.backend.Activation;
import org.rlr.tensor.nn.Initializer;
import org.rlr.tensor.nn.Parameter;
import org.rlr.tensor.nn.ParameterSet;

/**
 * Projects channels to the model width and adds the positional code, {@code E = X·Wᵀ + b + P} (RLR §4). Stored as a
 * convolution of kernel size 1.
 */
final class TokenEmbedding {
    private final Parameter weight;
    private final Parameter bias;
    private final int channels;
    private final int modelWidth;

    TokenEmbedding(ParameterSet.Prefix names, int channels, int modelWidth) {
        this.channels = channels;
        this.modelWidth = modelWidth;
        ParameterSet.Prefix project = names.sub("project_embedding").sub("project");
        weight = project.declareWeights(1, "weight", Initializer.kaimingNormal(channels), modelWidth, channels, 1);
        bias = project.declare("bias", Initializer.fanIn(channels), modelWidth);
    }

    /** {@code [N, L, C] → [N, L, d]}; position is {@code [L, d]}. */
    Tensor forward(Tensor x, Tensor position) {
        Tensor w = weight.tensor().reshape(modelWidth, channels);
        return FusedFunctions.linear(x, w, bias.tensor(), Activation.NONE).add(position);
    }
}
