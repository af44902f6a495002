package org.rlr.model.decoder;

import org.rlr.tensor.Tensor;
import org.rlr.tensor.autograd.FusedFunctions;
import org.rlr.tensor.autograd.ImageFunctions;
import org.rlr.tensor.backend.Activation;
import org.rlr.tensor.backend.ConvGeometry;
import org.rlr.tensor.nn.BatchNorm;
import org.rlr.tensor.nn.Initializer;
import org.rlr.tensor.nn.Parameter;

/**
 * A convolution without bias, zero padding k/2, stride 1; after it, where there is one, a batch normalisation. Weights
 * {@code [out, k, k, in]}, first drawn Kaiming normal.
 */
final class NormalizedConvolution {
    private final Parameter weight;
    private final ConvGeometry geometry;
    private final BatchNorm norm;

    /**
     * A convolution.
     *
     * @param norm where its batch normalisation keeps what it keeps; null for none
     */
    NormalizedConvolution(LayerNames names, LayerNames norm, int in, int out, int kernel) {
        weight = names.learned()
                .declare("weight", Initializer.kaimingNormal(in * kernel * kernel), out, kernel, kernel, in);
        geometry = ConvGeometry.padded(kernel, 1, kernel / 2, 1);
        this.norm = norm == null ? null : new BatchNorm(norm.learned(), norm.buffers(), out);
    }

    /** {@code [N, H, W, in] → [N, H, W, out]}. */
    Tensor forward(Tensor x, boolean training) {
        return normalized(convolved(x), training);
    }

    /** {@code [N, H, W, in] → [N, 2H, 2W, out]}, interpolated before the normalisation. */
    Tensor forwardUpsampled(Tensor x, boolean training) {
        return normalized(ImageFunctions.upsample2(convolved(x)), training);
    }

    private Tensor convolved(Tensor x) {
        return FusedFunctions.conv2d(x, weight.tensor(), null, geometry, Activation.NONE);
    }

    private Tensor normalized(Tensor x, boolean training) {
        return norm == null ? x : training ? norm.train(x) : norm.infer(x);
    }
}
