package org.rlr.model.decoder;

import org.jspecify.annotations.Nullable;
import org.rlr.tensor.Tensor;
import org.rlr.tensor.autograd.ImageFunctions;
import org.rlr.tensor.backend.ConvGeometry;
import org.rlr.tensor.nn.BatchNorm;
import org.rlr.tensor.nn.Conv2d;
import org.rlr.tensor.nn.Initializer;
import org.rlr.tensor.nn.ParameterSet;

/**
 * A convolution without bias, with zero padding k/2, stride 1 and weights initialised Kaiming normal, followed by an
 * optional batch normalisation.
 */
final class NormalizedConvolution {
    /**
     * Where a layer declares its parameters and buffers.
     *
     * @param learned learned parameters
     * @param buffers running statistics
     */
    record Names(ParameterSet.Prefix learned, ParameterSet.Prefix buffers) {
        Names sub(String name) {
            return new Names(learned.sub(name), buffers.sub(name));
        }

        Names sub(int index) {
            return sub(Integer.toString(index));
        }
    }

    private final Conv2d convolution;
    private final @Nullable BatchNorm norm;

    /**
     * Creates a convolution.
     *
     * @param norm where its batch normalisation declares its values; null for none
     */
    NormalizedConvolution(Names names, @Nullable Names norm, int in, int out, int kernel) {
        ConvGeometry geometry = ConvGeometry.padded(kernel, 1, kernel / 2, 1);
        convolution =
                new Conv2d(names.learned(), in, out, geometry, Initializer.kaimingNormal(in * kernel * kernel), null);
        this.norm = norm == null ? null : new BatchNorm(norm.learned(), norm.buffers(), out);
    }

    /** {@code [N, H, W, in] → [N, H, W, out]}. */
    Tensor forward(Tensor x, boolean training) {
        return normalized(convolution.forward(x), training);
    }

    /** {@code [N, H, W, in] → [N, 2H, 2W, out]}, interpolated before the normalisation. */
    Tensor forwardUpsampled(Tensor x, boolean training) {
        return normalized(ImageFunctions.upsample2(convolution.forward(x)), training);
    }

    private Tensor normalized(Tensor x, boolean training) {
        return norm == null ? x : training ? norm.train(x) : norm.infer(x);
    }
}
