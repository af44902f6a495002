package org.rlr.tensor.autograd;

import static org.rlr.tensor.autograd.Functions.onTape;
import static org.rlr.tensor.autograd.Functions.require;

import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.rlr.tensor.Shape;
import org.rlr.tensor.Tensor;
import org.rlr.tensor.TensorScope;
import org.rlr.tensor.backend.Activation;
import org.rlr.tensor.backend.AttentionPattern;
import org.rlr.tensor.backend.Backend;
import org.rlr.tensor.backend.ConvGeometry;
import org.rlr.tensor.backend.UnaryOp;
import org.rlr.tensor.backend.View;

/** Operations that backends fuse, each with its vector-Jacobian product. */
public final class FusedFunctions {
    private FusedFunctions() {}

    /**
     * {@code activation(x·wᵀ + bias)} over the last axis.
     *
     * @param x {@code [..., in]}
     * @param w {@code [out, in]}
     * @param bias {@code [out]}, or null
     * @param activation applied to the result
     * @return {@code [..., out]}
     * @throws IllegalArgumentException if the shapes are incompatible
     */
    public static Tensor linear(Tensor x, Tensor w, @Nullable Tensor bias, Activation activation) {
        Shape sw = w.shape();
        require(
                sw.rank() == 2 && x.shape().rank() > 0 && x.shape().last() == sw.dim(1),
                () -> "linear weights of shape " + sw + " do not match input of shape " + x.shape());
        require(
                bias == null || bias.shape().equals(Shape.of(sw.dim(0))),
                () -> "bias of another size than weights " + sw);
        Backend k = x.backend();
        Tensor y = Tensor.empty(k, x.shape().with(-1, sw.dim(0)));
        boolean onTape = TensorScope.current().hasTape()
                && (x.requiresGrad() || w.requiresGrad() || (bias != null && bias.requiresGrad()));
        Tensor pre = onTape && activation != Activation.NONE ? Tensor.empty(k, y.shape()) : null;
        k.linear(
                x.view(),
                w.view(),
                bias == null ? null : bias.view(),
                activation,
                pre == null ? null : pre.view(),
                y.view());
        return onTape(
                y,
                (g, grads) -> {
                    if (pre != null) {
                        k.unaryBackward(activation.op(), pre.view(), y.view(), g.view(), g.view(), false);
                    }
                    View rows = g.view().reshape(Shape.of(y.shape().rows(), sw.dim(0)));
                    View inputs = x.view().reshape(Shape.of(x.shape().rows(), sw.dim(1)));
                    grads.add(
                            0, (dx, acc) -> k.matmul(rows, false, w.view(), false, 1, dx.reshape(inputs.shape()), acc));
                    grads.add(1, (dw, acc) -> k.matmul(rows, true, inputs, false, 1, dw, acc));
                    grads.add(2, (db, acc) -> k.sumTo(rows, db, acc));
                },
                x,
                w,
                bias);
    }

    /**
     * Normalisation over the last axis: {@code (x−mean)/√(var+eps)·gamma + beta}, biased variance; gamma, beta
     * {@code [last]}.
     *
     * @param x {@code [..., last]}
     * @param gamma {@code [last]}
     * @param beta {@code [last]}
     * @param eps added to the variance
     * @return a tensor of x's shape
     * @throws IllegalArgumentException if gamma or beta has another shape
     */
    public static Tensor layerNorm(Tensor x, Tensor gamma, Tensor beta, float eps) {
        requireRow(x, gamma, beta);
        Backend k = x.backend();
        Normalized to = Normalized.empty(x);
        k.layerNorm(x.view(), gamma.view(), beta.view(), eps, to.y.view(), to.mean.view(), to.rstd.view());
        return onTape(
                to.y, (g, grads) -> normalizationBackward(x, new float[] {1}, gamma, to, g, grads), x, gamma, beta);
    }

    /**
     * Normalisation over the last axis of {@code Σᵢ wᵢ·xᵢ} with constant weights; the sum is kept only if it is on the
     * tape.
     *
     * @param xs at least one, all of the same shape
     * @param weights one per term
     * @param gamma {@code [last]}
     * @param beta {@code [last]}
     * @param eps added to the variance
     * @return a tensor of their shape
     * @throws IllegalArgumentException if the shapes or counts differ
     */
    public static Tensor layerNormOfSum(List<Tensor> xs, float[] weights, Tensor gamma, Tensor beta, float eps) {
        Tensor first = xs.get(0);
        requireRow(first, gamma, beta);
        require(xs.size() == weights.length, () -> xs.size() + " terms with " + weights.length + " weights");
        for (Tensor x : xs) {
            require(
                    x.shape().equals(first.shape()),
                    () -> "layer norm of the sum of shapes " + first.shape() + " and " + x.shape());
        }
        Tensor[] inputs = new Tensor[xs.size() + 2];
        xs.toArray(inputs);
        inputs[xs.size()] = gamma;
        inputs[xs.size() + 1] = beta;
        Backend k = first.backend();
        boolean onTape =
                TensorScope.current().hasTape() && Arrays.stream(inputs).anyMatch(Tensor::requiresGrad);
        Tensor sum = onTape ? Tensor.empty(k, first.shape()) : null;
        Normalized to = Normalized.empty(first);
        k.layerNormOfSum(
                xs.stream().map(Tensor::view).toList(),
                weights,
                gamma.view(),
                beta.view(),
                eps,
                sum == null ? null : sum.view(),
                to.y.view(),
                to.mean.view(),
                to.rstd.view());
        if (sum == null) {
            return to.y;
        }
        return onTape(to.y, (g, grads) -> normalizationBackward(sum, weights, gamma, to, g, grads), inputs);
    }

    private static void requireRow(Tensor x, Tensor gamma, Tensor beta) {
        Shape row = Shape.of(x.shape().last());
        require(
                gamma.shape().equals(row) && beta.shape().equals(row),
                () -> "layer norm of shape " + x.shape() + " with parameters of shape " + gamma.shape());
    }

    /** A normalised tensor and, per row, the mean and reciprocal deviation used. */
    private record Normalized(Tensor y, Tensor mean, Tensor rstd) {
        static Normalized empty(Tensor x) {
            Backend k = x.backend();
            Shape rows = Shape.of(x.shape().rows());
            return new Normalized(Tensor.empty(k, x.shape()), Tensor.empty(k, rows), Tensor.empty(k, rows));
        }
    }

    /** Inputs are the terms of the sum, gamma and beta. */
    private static void normalizationBackward(
            Tensor sum, float[] weights, Tensor gamma, Normalized to, Tensor g, Gradients grads) {
        Backend k = sum.backend();
        int terms = weights.length;
        try (Tensor scratch = Tensor.empty(k, Shape.of(2, gamma.shape().elements()))) {
            View dgamma = grads.zeroed(terms);
            View dbeta = grads.zeroed(terms + 1);
            View unwanted = scratch.view();
            k.fill(unwanted, 0);
            @Nullable View[] dxs = new View[terms];
            boolean[] accumulate = new boolean[terms];
            for (int i = 0; i < terms; i++) {
                Gradients.Target target = grads.target(i);
                dxs[i] = target == null ? null : target.view();
                accumulate[i] = target != null && target.accumulate();
            }
            k.layerNormOfSumBackward(
                    sum.view(),
                    weights,
                    gamma.view(),
                    to.mean.view(),
                    to.rstd.view(),
                    g.view(),
                    Arrays.asList(dxs),
                    accumulate,
                    dgamma == null ? new View(unwanted.storage(), unwanted.offset(), gamma.shape()) : dgamma,
                    dbeta == null
                            ? new View(
                                    unwanted.storage(),
                                    unwanted.offset() + gamma.shape().elements(),
                                    gamma.shape())
                            : dbeta);
        }
    }

    /**
     * Multi-head attention that takes locality as an argument instead of a mask (RLR §6).
     *
     * @param q {@code [N, L, d]}, where L is the number of grid positions
     * @param k {@code [N or 1, M, d]}; batch 1 is shared by all images
     * @param v {@code [N or 1, M, d]}; batch 1 is shared by all images
     * @param pattern heads, grid, window size, and whether a query sees the keys inside, outside or everywhere
     * @return {@code [N, L, d]}; zero for a query without keys
     * @throws IllegalArgumentException if the shapes do not match each other or the grid
     */
    public static Tensor attention(Tensor q, Tensor k, Tensor v, AttentionPattern pattern) {
        Shape sq = q.shape();
        Shape sk = k.shape();
        Shape sv = v.shape();
        pattern.requireFits(sq, sk, sv);
        Backend b = q.backend();
        Tensor out = Tensor.empty(b, sq);
        Tensor lse = Tensor.empty(b, Shape.of(sq.dim(0), pattern.heads(), sq.dim(1)));
        b.attention(q.view(), k.view(), v.view(), pattern, out.view(), lse.view());
        return onTape(
                out,
                (g, grads) -> {
                    try (Tensor dq = Tensor.empty(b, sq);
                            Tensor dk = Tensor.empty(b, sk);
                            Tensor dv = Tensor.empty(b, sv)) {
                        b.attentionBackward(
                                q.view(),
                                k.view(),
                                v.view(),
                                out.view(),
                                lse.view(),
                                g.view(),
                                pattern,
                                dq.view(),
                                dk.view(),
                                dv.view());
                        Tensor[] parts = {dq, dk, dv};
                        for (int i = 0; i < 3; i++) {
                            View part = parts[i].view();
                            grads.add(i, (dx, acc) -> b.affine(part, 1, 0, dx, acc));
                        }
                    }
                },
                q,
                k,
                v);
    }

    /**
     * {@code mean((x̂−x)²) + mean over tokens (1 − cos(x̂, x))}, a scalar (RLR §8); no gradient flows to the target.
     *
     * @param reconstruction {@code [..., C]}
     * @param target a tensor of the same shape, without gradient
     * @return a scalar
     * @throws IllegalArgumentException if the shapes differ or the target requires gradients
     */
    public static Tensor reconstructionLoss(Tensor reconstruction, Tensor target) {
        require(
                reconstruction.shape().equals(target.shape()),
                () -> "reconstruction " + reconstruction.shape() + " of target " + target.shape());
        require(!target.requiresGrad(), () -> "the target of the reconstruction loss requires gradients");
        Backend k = target.backend();
        Tensor loss = Tensor.empty(k, Shape.of());
        k.reconstructionLoss(reconstruction.view(), target.view(), loss.view());
        return onTape(
                loss,
                (g, grads) -> grads.add(
                        0,
                        (dx, acc) ->
                                k.reconstructionLossBackward(reconstruction.view(), target.view(), g.view(), dx, acc)),
                reconstruction);
    }

    /**
     * Per token {@code mean_c (x−x̂)² + 1 − cos(x, x̂)} (RLR §9); the result drops the last axis; not differentiable.
     *
     * @param reconstruction {@code [..., C]}
     * @param target of the same shape
     * @return {@code [...]}
     * @throws IllegalArgumentException if the shapes differ or x is a scalar
     */
    public static Tensor tokenScores(Tensor reconstruction, Tensor target) {
        Shape s = target.shape();
        require(
                reconstruction.shape().equals(s) && s.rank() > 0,
                () -> "reconstruction " + reconstruction.shape() + " of target " + s);
        int[] extents = new int[s.rank() - 1];
        System.arraycopy(s.toArray(), 0, extents, 0, extents.length);
        Tensor scores = Tensor.empty(target.backend(), Shape.of(extents));
        target.backend().tokenScores(reconstruction.view(), target.view(), scores.view());
        return scores;
    }

    /**
     * {@code activation(conv(x, w) + bias)}, channels-last.
     *
     * @param x {@code [N, H, W, C]}
     * @param w {@code [O, k, k, C/groups]}
     * @param bias {@code [O]}, or null
     * @param geometry kernel, stride, padding, groups
     * @param activation applied to the result
     * @return {@code [N, H', W', O]}
     * @throws IllegalArgumentException if the shapes are incompatible or the output is empty
     */
    public static Tensor conv2d(
            Tensor x, Tensor w, @Nullable Tensor bias, ConvGeometry geometry, Activation activation) {
        Shape sx = x.shape();
        Shape sw = w.shape();
        require(
                sx.rank() == 4
                        && sw.rank() == 4
                        && sw.dim(1) == geometry.kernel()
                        && sw.dim(2) == geometry.kernel()
                        && sx.dim(3) == sw.dim(3) * geometry.groups()
                        && sw.dim(0) % geometry.groups() == 0,
                () -> "convolution " + geometry + " of shape " + sx + " with weights " + sw);
        int h = geometry.out(sx.dim(1));
        int width = geometry.out(sx.dim(2));
        require(h > 0 && width > 0, () -> "convolution " + geometry + " of shape " + sx + " has an empty output");
        Backend k = x.backend();
        Tensor y = Tensor.empty(k, Shape.of(sx.dim(0), h, width, sw.dim(0)));
        boolean onTape = TensorScope.current().hasTape()
                && (x.requiresGrad() || w.requiresGrad() || (bias != null && bias.requiresGrad()));
        if (onTape && activation != Activation.NONE) {
            // A fused activation would discard the value that its derivative needs.
            UnaryOp op = activation.op();
            y.close();
            return Functions.unary(op, conv2d(x, w, bias, geometry, Activation.NONE));
        }
        k.conv2d(x.view(), w.view(), bias == null ? null : bias.view(), geometry, activation, y.view());
        return onTape(
                y,
                (g, grads) -> {
                    grads.add(0, (dx, acc) -> k.conv2dBackwardInput(g.view(), w.view(), geometry, dx, acc));
                    grads.add(1, (dw, acc) -> k.conv2dBackwardWeights(x.view(), g.view(), geometry, dw, acc));
                    grads.add(2, (db, acc) -> k.sumTo(g.view(), db, acc));
                },
                x,
                w,
                bias);
    }

    /**
     * Average over {@code kernel×kernel} positions, stride 1, zero padding counted; x {@code [N, H, W, C]}, kernel odd.
     *
     * @param x {@code [N, H, W, C]}
     * @param kernel odd
     * @return a tensor of x's shape
     * @throws IllegalArgumentException if x does not have four axes or the kernel is even
     */
    public static Tensor averagePool(Tensor x, int kernel) {
        require(
                x.shape().rank() == 4 && kernel % 2 == 1,
                () -> "average pool of kernel " + kernel + " on shape " + x.shape());
        Backend k = x.backend();
        Tensor y = Tensor.empty(k, x.shape());
        k.averagePool(x.view(), kernel, y.view(), false);
        return onTape(y, (g, grads) -> grads.add(0, (dx, acc) -> k.averagePool(g.view(), kernel, dx, acc)), x);
    }

    /**
     * Maximum over windows; for frozen networks.
     *
     * @param x {@code [N, H, W, C]}, without gradient
     * @param geometry kernel, stride, padding
     * @return {@code [N, H', W', C]}
     * @throws IllegalArgumentException if x does not have four axes or requires gradients
     */
    public static Tensor maxPool(Tensor x, ConvGeometry geometry) {
        Shape s = x.shape();
        require(s.rank() == 4, () -> "max pool on shape " + s);
        require(!x.requiresGrad(), () -> "max pooling has no gradient; its input must not require gradients");
        Tensor y =
                Tensor.empty(x.backend(), Shape.of(s.dim(0), geometry.out(s.dim(1)), geometry.out(s.dim(2)), s.dim(3)));
        x.backend().maxPool(x.view(), geometry, y.view());
        return y;
    }
}
