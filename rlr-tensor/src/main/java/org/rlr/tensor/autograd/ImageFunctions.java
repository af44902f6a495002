package org.rlr.tensor.autograd;

import static org.rlr.tensor.autograd.Functions.onTape;
import static org.rlr.tensor.autograd.Functions.require;

import java.util.List;
import org.rlr.tensor.Shape;
import org.rlr.tensor.Tensor;
import org.rlr.tensor.backend.Backend;
import org.rlr.tensor.backend.BinaryOp;
import org.rlr.tensor.backend.UnaryOp;
import org.rlr.tensor.backend.View;

/** Operations on channels-last feature maps, composed of backend primitives. */
public final class ImageFunctions {
    private ImageFunctions() {}

    /**
     * The result of batch normalisation.
     *
     * @param output the normalised batch, of the input's shape
     * @param mean per channel {@code [C]}, without gradient
     * @param variance per channel {@code [C]}, biased, without gradient
     */
    public record BatchNormalized(Tensor output, Tensor mean, Tensor variance) {}

    /**
     * Batch normalisation by the statistics of the batch (Ioffe and Szegedy 2015): {@code (x−mean)/√(var+eps)·gamma +
     * beta} per channel, mean and biased variance over all other axes.
     *
     * @param x {@code [..., C]}
     * @param gamma {@code [C]}
     * @param beta {@code [C]}
     * @param eps added to the variance
     * @return the output and the statistics, owned by the innermost scope
     * @throws IllegalArgumentException if gamma or beta has another shape
     */
    public static BatchNormalized batchNorm(Tensor x, Tensor gamma, Tensor beta, float eps) {
        Shape row = Shape.of(x.shape().last());
        require(
                gamma.shape().equals(row) && beta.shape().equals(row),
                () -> "batch norm of shape " + x.shape() + " with parameters of shape " + gamma.shape());
        Backend k = x.backend();
        float share = 1f / x.shape().rows();
        Tensor mean = Tensor.empty(k, row);
        Tensor variance = Tensor.empty(k, row);
        Tensor rstd = Tensor.empty(k, row);
        Tensor y = Tensor.empty(k, x.shape());
        mean(k, x.view(), share, mean.view());
        k.binary(BinaryOp.SUB, x.view(), mean.view(), y.view(), false);
        try (Tensor squares = Tensor.empty(k, x.shape())) {
            k.unary(UnaryOp.SQUARE, y.view(), squares.view());
            mean(k, squares.view(), share, variance.view());
        }
        k.affine(variance.view(), 1, eps, rstd.view(), false);
        k.unary(UnaryOp.SQRT, rstd.view(), rstd.view());
        k.unary(UnaryOp.RECIPROCAL, rstd.view(), rstd.view());
        k.binary(BinaryOp.MUL, y.view(), rstd.view(), y.view(), false);
        k.binary(BinaryOp.MUL, y.view(), gamma.view(), y.view(), false);
        k.binary(BinaryOp.ADD, y.view(), beta.view(), y.view(), false);
        Tensor output =
                onTape(y, (g, grads) -> batchNormBackward(k, x, mean, rstd, gamma, g.view(), grads), x, gamma, beta);
        return new BatchNormalized(output, mean, variance);
    }

    /**
     * With x̂ the normalised input and M rows: {@code dbeta = Σdy}, {@code dgamma = Σdy·x̂}, {@code dx = gamma·rstd·(dy
     * − dbeta/M − x̂·dgamma/M)}.
     */
    private static void batchNormBackward(
            Backend k, Tensor x, Tensor mean, Tensor rstd, Tensor gamma, View dy, Gradients grads) {
        Shape row = gamma.shape();
        float share = 1f / x.shape().rows();
        try (Tensor dgamma = Tensor.empty(k, row);
                Tensor dbeta = Tensor.empty(k, row);
                Tensor scale = Tensor.empty(k, row);
                Tensor normal = Tensor.empty(k, x.shape());
                Tensor product = Tensor.empty(k, x.shape())) {
            View n = normal.view();
            k.binary(BinaryOp.SUB, x.view(), mean.view(), n, false);
            k.binary(BinaryOp.MUL, n, rstd.view(), n, false);
            k.binary(BinaryOp.MUL, dy, n, product.view(), false);
            k.sumTo(product.view(), dgamma.view(), false);
            k.sumTo(dy, dbeta.view(), false);
            grads.add(1, (target, acc) -> k.affine(dgamma.view(), 1, 0, target, acc));
            grads.add(2, (target, acc) -> k.affine(dbeta.view(), 1, 0, target, acc));
            if (grads.needs(0)) {
                k.affine(dgamma.view(), share, 0, dgamma.view(), false);
                k.affine(dbeta.view(), share, 0, dbeta.view(), false);
                k.binary(BinaryOp.MUL, gamma.view(), rstd.view(), scale.view(), false);
                k.binary(BinaryOp.MUL, n, dgamma.view(), n, false);
                k.binary(BinaryOp.ADD, n, dbeta.view(), n, false);
                k.binary(BinaryOp.SUB, dy, n, n, false);
                grads.add(0, (target, acc) -> k.binary(BinaryOp.MUL, n, scale.view(), target, acc));
            }
        }
    }

    private static void mean(Backend k, View x, float share, View y) {
        k.sumTo(x, y, false);
        k.affine(y, share, 0, y, false);
    }

    /**
     * Bilinear interpolation to twice the height and width: half-pixel centres (corners not aligned), clamped at the
     * edges.
     *
     * @param x {@code [N, H, W, C]}
     * @return {@code [N, 2H, 2W, C]}
     * @throws IllegalArgumentException if x does not have four axes or is empty
     */
    public static Tensor upsample2(Tensor x) {
        Shape s = x.shape();
        require(s.rank() == 4 && s.elements() > 0, () -> "interpolation of shape " + s);
        int n = s.dim(0);
        int h = s.dim(1);
        int w = s.dim(2);
        int c = s.dim(3);
        Tensor taller = doubled(x.reshape(n, h, w * c));
        return doubled(taller.reshape(n * 2 * h, w, c)).reshape(n, 2 * h, 2 * w, c);
    }

    /**
     * {@code [outer, n, inner]} to {@code [outer, n, 2·inner]}: position i yields the values at i − ¼ and i + ¼, stored
     * next to each other as 2n positions.
     */
    private static Tensor doubled(Tensor x) {
        int n = x.dim(1);
        Tensor before = n == 1 ? x : Functions.concat(List.of(x.slice(1, 0, 1), x.slice(1, 0, n - 1)), 1);
        Tensor after = n == 1 ? x : Functions.concat(List.of(x.slice(1, 1, n - 1), x.slice(1, n - 1, 1)), 1);
        float[] weights = {0.25f, 0.75f};
        return Functions.concat(
                List.of(
                        Functions.weightedSum(List.of(before, x), weights),
                        Functions.weightedSum(List.of(after, x), weights)),
                2);
    }
}
