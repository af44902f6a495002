package org.rlr.model.backbone;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.rlr.tensor.Tensor;
import org.rlr.tensor.backend.Activation;
import org.rlr.tensor.backend.Backend;
import org.rlr.tensor.backend.BinaryOp;
import org.rlr.tensor.backend.UnaryOp;
import org.rlr.tensor.nn.Conv2d;

/**
 * ResNet's block: {@code relu(body(x) + shortcut(x))}.
 *
 * @param body convolutions in sequence, all but the last with ReLU
 * @param shortcut null for the identity
 */
record ResidualBlock(List<Conv2d> body, @Nullable Conv2d shortcut) implements Block {
    @Override
    public Tensor forward(Tensor x) {
        Tensor y = x;
        for (int i = 0; i < body.size(); i++) {
            Tensor next = body.get(i).forward(y, i < body.size() - 1 ? Activation.RELU : Activation.NONE);
            if (y != x) {
                y.close();
            }
            y = next;
        }
        Tensor base = shortcut == null ? x : shortcut.forward(x);
        Backend backend = y.backend();
        backend.binary(BinaryOp.ADD, y.view(), base.view(), y.view(), false);
        backend.unary(UnaryOp.RELU, y.view(), y.view());
        if (base != x) {
            base.close();
        }
        return y;
    }
}
