package org.rlr.tensor.nn;

import org.rlr.tensor.Shape;
import org.rlr.tensor.Tensor;
import org.rlr.tensor.autograd.ImageFunctions;
import org.rlr.tensor.backend.Backend;
import org.rlr.tensor.backend.BinaryOp;
import org.rlr.tensor.backend.UnaryOp;
import org.rlr.tensor.backend.View;

/**
 * Batch normalisation per channel, the last axis (Ioffe and Szegedy 2015), eps 1e-5, {@code weight} initially ones and
 * {@code bias} zeros. Training uses the batch statistics and updates the running statistics with momentum 0.1 (unbiased
 * variance, as in PyTorch); inference uses the running statistics.
 */
public final class BatchNorm {
    private static final float EPSILON = 1e-5f;
    private static final float MOMENTUM = 0.1f;

    private final Parameter weight;
    private final Parameter bias;
    private final Parameter mean;
    private final Parameter variance;

    /**
     * Declares a layer for {@code channels} channels.
     *
     * @param names prefix of the learned values
     * @param buffers prefix of {@code running_mean} and {@code running_var}, in a set allocated without gradients
     * @param channels extent of the last axis
     */
    public BatchNorm(ParameterSet.Prefix names, ParameterSet.Prefix buffers, int channels) {
        weight = names.declare("weight", Initializer.constant(1), channels);
        bias = names.declare("bias", Initializer.constant(0), channels);
        mean = buffers.declare("running_mean", Initializer.constant(0), channels);
        variance = buffers.declare("running_var", Initializer.constant(1), channels);
    }

    /**
     * {@code [..., channels] → [..., channels]} with the batch statistics; updates the running statistics.
     *
     * @param x {@code [..., channels]}
     * @return a tensor of x's shape
     * @throws IllegalArgumentException if x has a single row, whose variance is undefined
     */
    public Tensor train(Tensor x) {
        int rows = x.shape().rows();
        if (rows < 2) {
            throw new IllegalArgumentException(
                    "batch norm in training needs more than one value per channel, shape " + x.shape());
        }
        ImageFunctions.BatchNormalized result = ImageFunctions.batchNorm(x, weight.tensor(), bias.tensor(), EPSILON);
        follow(mean.tensor().view(), result.mean(), 1);
        follow(variance.tensor().view(), result.variance(), rows / (rows - 1f));
        return result.output();
    }

    private static void follow(View running, Tensor batch, float correction) {
        Backend k = batch.backend();
        k.affine(running, 1 - MOMENTUM, 0, running, false);
        k.affine(batch.view(), MOMENTUM * correction, 0, running, true);
    }

    /**
     * {@code [..., channels] → [..., channels]} with the running statistics, without gradients.
     *
     * @param x {@code [..., channels]}
     * @return a tensor of x's shape
     */
    public Tensor infer(Tensor x) {
        Backend k = x.backend();
        Tensor y = Tensor.empty(k, x.shape());
        try (Tensor scale = Tensor.empty(k, Shape.of(x.shape().last()))) {
            k.affine(variance.tensor().view(), 1, EPSILON, scale.view(), false);
            k.unary(UnaryOp.SQRT, scale.view(), scale.view());
            k.binary(BinaryOp.DIV, weight.tensor().view(), scale.view(), scale.view(), false);
            k.binary(BinaryOp.SUB, x.view(), mean.tensor().view(), y.view(), false);
            k.binary(BinaryOp.MUL, y.view(), scale.view(), y.view(), false);
            k.binary(BinaryOp.ADD, y.view(), bias.tensor().view(), y.view(), false);
        }
        return y;
    }
}
