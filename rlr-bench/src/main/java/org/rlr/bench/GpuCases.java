package org.rlr.bench;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;
import org.rlr.bench.GpuShapes.Grid;
import org.rlr.bench.TorchPeer.Operand;
import org.rlr.tensor.backend.Activation;
import org.rlr.tensor.backend.AdamSettings;
import org.rlr.tensor.backend.AttentionPattern;
import org.rlr.tensor.backend.Backend;
import org.rlr.tensor.backend.Locality;
import org.rlr.tensor.backend.UnaryOp;
import org.rlr.tensor.backend.View;

/** The calls of the kernel table, by row name. A case allocates its memory when it is created, until it is closed. */
final class GpuCases {
    private GpuCases() {}

    /**
     * Both patterns of the model, forward and backward: A is {@code mca}, inside the window, with the reference's keys
     * and values; B is {@code nsa}, outside it, with each image's own values.
     */
    static Map<String, Function<Backend, GpuCase>> attention(GpuShapes shapes, int images) {
        Map<String, Function<Backend, GpuCase>> cases = new LinkedHashMap<>();
        for (Grid grid : shapes.grids()) {
            for (Locality locality : new Locality[] {Locality.INSIDE, Locality.OUTSIDE}) {
                String name = (locality == Locality.INSIDE ? "A " : "B ") + grid;
                AttentionPattern pattern = shapes.pattern(grid, locality);
                cases.put(name + " forward", backend -> attention(backend, pattern, grid.width(), images, false));
                cases.put(name + " backward", backend -> attention(backend, pattern, grid.width(), images, true));
            }
        }
        return cases;
    }

    private static GpuCase attention(
            Backend backend, AttentionPattern pattern, int width, int images, boolean backward) {
        int tokens = pattern.tokens();
        int valueImages = pattern.locality() == Locality.INSIDE ? 1 : images;
        GpuCase c = new GpuCase(backend, Work.UNKNOWN);
        View q = c.input(1, images, tokens, width);
        View k = c.input(2, 1, tokens, width);
        View v = c.input(3, valueImages, tokens, width);
        View out = c.result(images, tokens, width);
        View lse = c.result(images, pattern.heads(), tokens);
        if (!backward) {
            return c.call(b -> b.attention(q, k, v, pattern, out, lse));
        }
        View dout = c.input(4, images, tokens, width);
        GpuCase gradients = c.nested();
        View dq = gradients.result(images, tokens, width);
        View dk = gradients.result(1, tokens, width);
        View dv = gradients.result(valueImages, tokens, width);
        c.call(b -> b.attention(q, k, v, pattern, out, lse)).computed();
        return gradients.call(b -> b.attentionBackward(q, k, v, out, lse, dout, pattern, dq, dk, dv));
    }

    /** The steps between attentions, bound by memory; their work is to read and write each value once. */
    static Map<String, Function<Backend, GpuCase>> steps(GpuShapes shapes) {
        int rows = shapes.rows();
        int n = shapes.width();
        double values = (double) rows * n;
        Map<String, Function<Backend, GpuCase>> cases = new LinkedHashMap<>();
        cases.put("copy", b -> {
            GpuCase c = new GpuCase(b, bytes(2.0 * shapes.flat()));
            View x = c.input(1, shapes.flat());
            View y = c.result(shapes.flat());
            return c.call(backend -> backend.copy(x, y));
        });
        cases.put("LayerNorm forward", b -> {
            GpuCase c = new GpuCase(b, bytes(2 * values));
            View x = c.input(1, rows, n);
            View gamma = c.input(2, n);
            View beta = c.input(3, n);
            View y = c.result(rows, n);
            View mean = c.result(rows);
            View rstd = c.result(rows);
            return c.call(backend -> backend.layerNorm(x, gamma, beta, 1e-5f, y, mean, rstd));
        });
        cases.put("LayerNorm backward", b -> {
            GpuCase c = new GpuCase(b, bytes(3 * values));
            View x = c.input(1, rows, n);
            View gamma = c.input(2, n);
            View y = c.result(rows, n);
            View mean = c.result(rows);
            View rstd = c.result(rows);
            c.call(backend -> backend.layerNorm(x, gamma, gamma, 1e-5f, y, mean, rstd))
                    .computed();
            View dy = c.input(4, rows, n);
            GpuCase gradients = c.nested();
            View dx = gradients.result(rows, n);
            View dgamma = gradients.changed(new Operand(new float[n], n));
            View dbeta = gradients.changed(new Operand(new float[n], n));
            return gradients.call(
                    backend -> backend.layerNormBackward(x, gamma, mean, rstd, dy, dx, false, dgamma, dbeta));
        });
        cases.put("GELU forward", b -> {
            GpuCase c = new GpuCase(b, bytes(8 * values));
            View x = c.input(1, rows, 4 * n);
            View y = c.result(rows, 4 * n);
            return c.call(backend -> backend.unary(UnaryOp.GELU, x, y));
        });
        cases.put("GELU backward", b -> {
            GpuCase c = new GpuCase(b, bytes(12 * values));
            View x = c.input(1, rows, 4 * n);
            View dy = c.input(2, rows, 4 * n);
            View dx = c.result(rows, 4 * n);
            return c.call(backend -> backend.unaryBackward(UnaryOp.GELU, x, x, dy, dx, false));
        });
        cases.put("loss and its gradient", b -> {
            GpuCase c = new GpuCase(b, bytes(3 * values));
            View x = c.input(1, rows, n);
            View target = c.input(2, rows, n);
            View loss = c.result();
            View one = c.changed(new Operand(new float[] {1}));
            View dx = c.result(rows, n);
            return c.call(backend -> {
                backend.reconstructionLoss(x, target, loss);
                backend.reconstructionLossBackward(x, target, one, dx, false);
            });
        });
        cases.put("Adam", b -> {
            int count = shapes.flat() / 4;
            GpuCase c = new GpuCase(b, bytes(7.0 * count));
            View g = c.input(1, count);
            View p = c.changed(Operands.random(2, count));
            View m = c.changed(new Operand(new float[count], count));
            View v = c.changed(new Operand(new float[count], count));
            return c.call(backend -> backend.adam(p, g, m, v, AdamSettings.DEFAULT, 1));
        });
        return cases;
    }

    private static Work bytes(double floats) {
        return new Work(0, 4 * floats);
    }

    /**
     * The matrix products of the model, and one large enough for the card's peak; linear+GELU is the product, bias and
     * activation.
     */
    static Map<String, Function<Backend, GpuCase>> products(GpuShapes shapes) {
        Map<String, Function<Backend, GpuCase>> cases = new LinkedHashMap<>();
        for (Grid grid : shapes.levels()) {
            int rows = shapes.images() * grid.side() * grid.side();
            int d = grid.width();
            product(cases, rows, d, d);
            product(cases, rows, 4 * d, d);
            product(cases, rows, d, 4 * d);
            cases.put("linear+GELU " + rows + "/" + 4 * d + "/" + d, b -> {
                GpuCase c = new GpuCase(b, new Work(8.0 * rows * d * d, 4.0 * rows * 5 * d));
                View x = c.input(1, rows, d);
                View w = c.input(2, 4 * d, d);
                View bias = c.input(3, 4 * d);
                View y = c.result(rows, 4 * d);
                return c.call(backend -> backend.linear(x, w, bias, Activation.GELU, null, y));
            });
        }
        int large = shapes.tiny() ? 48 : 4096;
        product(cases, large, large, large);
        return cases;
    }

    private static void product(Map<String, Function<Backend, GpuCase>> cases, int m, int n, int k) {
        cases.put("GEMM " + m + "/" + n + "/" + k, b -> {
            GpuCase c =
                    new GpuCase(b, new Work(2.0 * m * n * k, 4.0 * ((double) m * k + (double) k * n + (double) m * n)));
            View x = c.input(1, m, k);
            View w = c.input(2, n, k);
            View y = c.result(m, n);
            return c.call(backend -> backend.matmul(x, false, w, true, 1, y, false));
        });
    }
}
