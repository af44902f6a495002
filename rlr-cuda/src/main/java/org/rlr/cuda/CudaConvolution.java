package org.rlr.cuda;

import static org.rlr.cuda.CudaStorage.address;

import org.jspecify.annotations.Nullable;
import org.rlr.cuda.driver.Kernel;
import org.rlr.tensor.Shape;
import org.rlr.tensor.backend.Activation;
import org.rlr.tensor.backend.ConvGeometry;
import org.rlr.tensor.backend.View;

/**
 * Convolutions and pooling. cuBLAS computes convolutions that are matrix products, cuDNN (if present) the others
 * without groups, kernels/convolution.cu the rest.
 */
final class CudaConvolution {
    private static final String FILE = "convolution";

    private final CudaEngine engine;
    private final CudaMatrix matrix;
    private final @Nullable CudaDnn dnn;

    CudaConvolution(CudaEngine engine, CudaMatrix matrix) {
        this.engine = engine;
        this.matrix = matrix;
        this.dnn = engine.dnn == null ? null : new CudaDnn(engine, engine.dnn);
    }

    void forward(View x, View w, @Nullable View bias, ConvGeometry g, Activation activation, View y) {
        check(x.shape(), y.shape(), g, g.groups());
        if (pointwise(x.shape(), y.shape(), g)) {
            matrix.linear(x, flat(w), bias, activation, null, y);
            return;
        }
        // cuDNN's call that fuses bias and activation has only ReLU, and only for some algorithms
        if (dnn != null && dnn.forward(x, w, g, y)) {
            matrix.biasActivation(y, bias, activation, null);
            return;
        }
        extents(
                        engine.kernel(FILE, "conv2d")
                                .launch()
                                .pointer(address(x))
                                .pointer(address(w))
                                .pointer(address(bias))
                                .pointer(address(y)),
                        x.shape(),
                        y.shape(),
                        g)
                .put(g.groups())
                .put(CudaMatrix.code(activation))
                .run(y.elements());
    }

    void backwardInput(View dy, View w, ConvGeometry g, View dx, boolean accumulate) {
        check(dx.shape(), dy.shape(), g, g.groups());
        if (pointwise(dx.shape(), dy.shape(), g)) {
            matrix.matmul(flat(dy), false, flat(w), false, 1, flat(dx), accumulate);
            return;
        }
        if (dnn != null && dnn.backwardInput(dy, w, g, dx, accumulate)) {
            return;
        }
        extents(
                        engine.kernel(FILE, "conv2dInput")
                                .launch()
                                .pointer(address(dy))
                                .pointer(address(w))
                                .pointer(address(dx)),
                        dx.shape(),
                        dy.shape(),
                        g)
                .put(g.groups())
                .put(accumulate)
                .run(dx.elements());
    }

    void backwardWeights(View x, View dy, ConvGeometry g, View dw, boolean accumulate) {
        check(x.shape(), dy.shape(), g, g.groups());
        if (pointwise(x.shape(), dy.shape(), g)) {
            matrix.matmul(flat(dy), true, flat(x), false, 1, flat(dw), accumulate);
            return;
        }
        if (dnn != null && dnn.backwardWeights(x, dy, g, dw, accumulate)) {
            return;
        }
        extents(
                        engine.kernel(FILE, "conv2dWeights")
                                .launch()
                                .pointer(address(x))
                                .pointer(address(dy))
                                .pointer(address(dw)),
                        x.shape(),
                        dy.shape(),
                        g)
                .put(g.groups())
                .put(accumulate)
                .runWarps(dw.elements());
    }

    private static Kernel.Launch extents(Kernel.Launch launch, Shape x, Shape y, ConvGeometry g) {
        return launch.put(x.dim(0))
                .put(x.dim(1))
                .put(x.dim(2))
                .put(x.dim(3))
                .put(y.dim(1))
                .put(y.dim(2))
                .put(y.dim(3))
                .put(g.kernel())
                .put(g.stride())
                .put(g.before(x.dim(1)))
                .put(g.before(x.dim(2)));
    }

    /** Whether each output position reads only the input position of the same index. */
    private static boolean pointwise(Shape x, Shape y, ConvGeometry g) {
        return g.kernel() == 1
                && g.stride() == 1
                && g.groups() == 1
                && g.before(x.dim(1)) == 0
                && g.before(x.dim(2)) == 0
                && x.dim(1) == y.dim(1)
                && x.dim(2) == y.dim(2);
    }

    /** A view as rows of channels. */
    private static View flat(View v) {
        return v.reshape(Shape.of(v.shape().span(0, 3), v.shape().dim(3)));
    }

    private static void check(Shape x, Shape y, ConvGeometry g, int groups) {
        if (x.rank() != 4
                || y.rank() != 4
                || x.dim(0) != y.dim(0)
                || y.dim(1) != g.out(x.dim(1))
                || y.dim(2) != g.out(x.dim(2))
                || x.dim(3) % groups != 0
                || y.dim(3) % groups != 0) {
            throw new IllegalArgumentException("convolution of " + x + " to " + y + " does not fit " + g);
        }
    }

    void averagePool(View x, int kernel, View y, boolean accumulate) {
        Shape s = x.shape();
        engine.kernel(FILE, "averagePool")
                .launch()
                .pointer(address(x))
                .pointer(address(y))
                .put(y.elements())
                .put(s.dim(1))
                .put(s.dim(2))
                .put(s.dim(3))
                .put(kernel)
                .put(accumulate)
                .run(y.elements());
    }

    void maxPool(View x, ConvGeometry g, View y) {
        Shape s = x.shape();
        check(s, y.shape(), g, 1);
        engine.kernel(FILE, "maxPool")
                .launch()
                .pointer(address(x))
                .pointer(address(y))
                .put(y.elements())
                .put(s.dim(1))
                .put(s.dim(2))
                .put(s.dim(3))
                .put(y.shape().dim(1))
                .put(y.shape().dim(2))
                .put(g.kernel())
                .put(g.stride())
                .put(g.before(s.dim(1)))
                .put(g.before(s.dim(2)))
                .run(y.elements());
    }
}
