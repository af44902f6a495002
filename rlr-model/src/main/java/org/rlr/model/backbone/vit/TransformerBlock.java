package org.rlr.model.backbone.vit;

import org.rlr.tensor.Tensor;
import org.rlr.tensor.TensorScope;
import org.rlr.tensor.autograd.FusedFunctions;
import org.rlr.tensor.backend.Activation;
import org.rlr.tensor.backend.AttentionPattern;
import org.rlr.tensor.backend.BinaryOp;
import org.rlr.tensor.backend.Locality;
import org.rlr.tensor.nn.Initializer;
import org.rlr.tensor.nn.LayerNorm;
import org.rlr.tensor.nn.Linear;
import org.rlr.tensor.nn.Parameter;
import org.rlr.tensor.nn.ParameterSet;

/**
 * A block of a frozen Vision Transformer: {@code x += γ₁·attention(norm₁(x))}, then {@code x += γ₂·mlp(norm₂(x))}; γ
 * are the LayerScale factors, one per channel.
 */
final class TransformerBlock {
    private static final float EPSILON = 1e-6f;
    private static final int MLP_RATIO = 4;

    private final int width;
    private final int heads;
    private final LayerNorm attentionNorm;
    private final Linear qkv;
    private final Linear projection;
    private final Parameter attentionScale;
    private final LayerNorm mlpNorm;
    private final Linear widen;
    private final Linear narrow;
    private final Parameter mlpScale;

    TransformerBlock(ParameterSet.Prefix names, int width, int heads) {
        this.width = width;
        this.heads = heads;
        attentionNorm = new LayerNorm(names.sub("norm1"), width, EPSILON);
        qkv = new Linear(names.sub("attn").sub("qkv"), width, 3 * width);
        projection = new Linear(names.sub("attn").sub("proj"), width, width);
        attentionScale = names.sub("ls1").declare("gamma", Initializer.constant(1), width);
        mlpNorm = new LayerNorm(names.sub("norm2"), width, EPSILON);
        widen = new Linear(names.sub("mlp").sub("fc1"), width, MLP_RATIO * width);
        narrow = new Linear(names.sub("mlp").sub("fc2"), MLP_RATIO * width, width);
        mlpScale = names.sub("ls2").declare("gamma", Initializer.constant(1), width);
    }

    /** Overwrites the tokens {@code [N, L, width]}. */
    void apply(Tensor x) {
        AttentionPattern everywhere = new AttentionPattern(heads, 1, x.dim(1), 1, Locality.ALL);
        try (TensorScope scope = TensorScope.inference(x.backend())) {
            Tensor stacked = qkv.forward(attentionNorm.forward(x));
            Tensor attended = FusedFunctions.attention(
                    stacked.slice(2, 0, width),
                    stacked.slice(2, width, width),
                    stacked.slice(2, 2 * width, width),
                    everywhere);
            add(projection.forward(attended), attentionScale, x);
        }
        try (TensorScope scope = TensorScope.inference(x.backend())) {
            Tensor hidden = widen.forward(mlpNorm.forward(x), Activation.GELU);
            add(narrow.forward(hidden), mlpScale, x);
        }
    }

    /** {@code x += scale·branch}. */
    private static void add(Tensor branch, Parameter scale, Tensor x) {
        x.backend().binary(BinaryOp.MUL, branch.view(), scale.tensor().view(), x.view(), true);
    }
}
