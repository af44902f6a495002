package org.rlr.model.backbone;

import java.util.ArrayList;
import java.util.List;
import org.rlr.tensor.Tensor;
import org.rlr.tensor.backend.Backend;
import org.rlr.tensor.backend.BinaryOp;
import org.rlr.tensor.backend.UnaryOp;

/**
 * ResNet's block: {@code relu(body(x) + shortcut(x))}.
 *
 * @param body convolutions one after the other, the last without activation
 * @param shortcut null for the input itself
 */
record ResidualBlock(List<Convolution> body, Convolution shortcut) implements Block {
    @Override
    public List<Convolution> convolutions() {
        List<Convolution> all = new ArrayList<>(body);
        if (shortcut != null) {
            all.add(shortcut);
        }
        return all;
    }

    @Override
    public int outChannels() {
        return body.get(body.size() - 1).outChannels();
    }

    @Override
    public Tensor forward(Tensor x) {
        Tensor y = x;
        for (Convolution c : body) {
            Tensor next = c.forward(y);
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
