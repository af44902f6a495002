package org.rlr.model.backbone;

import org.jspecify.annotations.Nullable;
import org.rlr.tensor.Tensor;
import org.rlr.tensor.backend.Activation;
import org.rlr.tensor.backend.BinaryOp;
import org.rlr.tensor.nn.Conv2d;

/**
 * EfficientNet's block: expansion by a 1×1 convolution (absent in the first blocks), depthwise convolution,
 * squeeze-and-excitation (absent in the lite networks), projection by a 1×1 convolution, and the residual connection if
 * shapes match.
 *
 * @param expand null for no expansion
 * @param excite null for no squeeze-and-excitation
 * @param skip whether the input is added
 * @param activation activation after expansion and depthwise convolution
 */
record InvertedResidual(
        @Nullable Conv2d expand,
        Conv2d depthwise,
        @Nullable SqueezeExcitation excite,
        Conv2d project,
        boolean skip,
        Activation activation)
        implements Block {
    @Override
    public Tensor forward(Tensor x) {
        Tensor wide = expand == null ? x : expand.forward(x, activation);
        Tensor filtered = depthwise.forward(wide, activation);
        if (wide != x) {
            wide.close();
        }
        if (excite != null) {
            excite.scale(filtered);
        }
        Tensor y = project.forward(filtered);
        filtered.close();
        if (skip) {
            y.backend().binary(BinaryOp.ADD, y.view(), x.view(), y.view(), false);
        }
        return y;
    }
}
