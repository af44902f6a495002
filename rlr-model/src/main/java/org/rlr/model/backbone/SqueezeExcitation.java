package org.rlr.model.backbone;

import org.rlr.tensor.Shape;
import org.rlr.tensor.Tensor;
import org.rlr.tensor.backend.Activation;
import org.rlr.tensor.backend.Backend;
import org.rlr.tensor.backend.BinaryOp;
import org.rlr.tensor.nn.Conv2d;

/** Scales every channel by {@code sigmoid(expand(silu(reduce(mean over the image))))}. */
record SqueezeExcitation(Conv2d reduce, Conv2d expand) {

    /** Scales a feature map in place. */
    void scale(Tensor x) {
        Backend backend = x.backend();
        try (Tensor mean = Tensor.empty(backend, Shape.of(x.dim(0), 1, 1, x.dim(3)))) {
            backend.sumTo(x.view(), mean.view(), false);
            backend.affine(mean.view(), 1f / (x.dim(1) * x.dim(2)), 0, mean.view(), false);
            try (Tensor squeezed = reduce.forward(mean, Activation.SILU);
                    Tensor factors = expand.forward(squeezed, Activation.SIGMOID)) {
                backend.binary(BinaryOp.MUL, x.view(), factors.view(), x.view(), false);
            }
        }
    }
}
