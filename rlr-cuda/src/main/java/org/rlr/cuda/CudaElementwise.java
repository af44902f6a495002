package org.rlr.cuda;

import static org.rlr.cuda.CudaStorage.address;

import java.util.List;
import org.rlr.tensor.backend.AdamSettings;
import org.rlr.tensor.backend.BinaryOp;
import org.rlr.tensor.backend.UnaryOp;
import org.rlr.tensor.backend.View;

/** Elementwise primitives: kernels/elementwise.cu. */
final class CudaElementwise {
    private static final String FILE = "elementwise";

    private final CudaEngine engine;

    CudaElementwise(CudaEngine engine) {
        this.engine = engine;
    }

    void unary(UnaryOp op, View x, View y) {
        engine.kernel(FILE, "unary")
                .launch()
                .pointer(address(x))
                .pointer(address(y))
                .put(CudaEngine.code(op))
                .put(y.elements())
                .run(y.elements());
    }

    void unaryBackward(UnaryOp op, View x, View y, View dy, View dx, boolean accumulate) {
        engine.kernel(FILE, "unaryBackward")
                .launch()
                .pointer(address(x))
                .pointer(address(y))
                .pointer(address(dy))
                .pointer(address(dx))
                .put(CudaEngine.code(op))
                .put(dx.elements())
                .put(accumulate)
                .run(dx.elements());
    }

    void binary(BinaryOp op, View a, View b, View out, boolean accumulate) {
        if (out.elements() == 0) {
            return;
        }
        Axes axes = Axes.broadcast(out.shape(), a.shape(), b.shape());
        engine.kernel(FILE, "binary")
                .launch()
                .pointer(address(a))
                .pointer(address(b))
                .pointer(address(out))
                .put(CudaEngine.code(op))
                .put(out.elements())
                .put(accumulate)
                .put(axes.count())
                .put(axes.extents())
                .put(axes.strides(0))
                .put(axes.strides(1))
                .run(out.elements());
    }

    void affine(View x, float scale, float shift, View y, boolean accumulate) {
        engine.kernel(FILE, "affine")
                .launch()
                .pointer(address(x))
                .pointer(address(y))
                .put(scale)
                .put(shift)
                .put(y.elements())
                .put(accumulate)
                .run(y.elements());
    }

    void weightedSum(List<View> xs, float[] weights, View y) {
        if (xs.isEmpty()) {
            engine.kernel(FILE, "fill")
                    .launch()
                    .pointer(address(y))
                    .put(0f)
                    .put(y.elements())
                    .run(y.elements());
        }
        for (int i = 0; i < xs.size(); i++) {
            affine(xs.get(i), weights[i], 0, y, i > 0);
        }
    }

    void adam(View p, View g, View m, View v, AdamSettings settings, long step) {
        // The decimal values: 0.999f is 0.99900001287…, a relative error of 1e-5 in 1 − beta2.
        double beta1 = decimal(settings.beta1());
        double beta2 = decimal(settings.beta2());
        CudaCapture capture = engine.capture();
        long moving = capture == null
                ? 0
                : capture.place(
                        (ahead, rate) -> Float.floatToRawIntBits(size(rate, beta1, step + ahead)),
                        (ahead, rate) -> Float.floatToRawIntBits(rootCorrection(beta2, step + ahead)));
        engine.kernel(FILE, "adam")
                .launch()
                .pointer(address(p))
                .pointer(address(g))
                .pointer(address(m))
                .pointer(address(v))
                .put((float) (1 - beta1))
                .put((float) beta2)
                .put((float) (1 - beta2))
                .put(size(settings.learningRate(), beta1, step))
                .put(rootCorrection(beta2, step))
                .put(settings.epsilon())
                .pointer(moving)
                .put(p.elements())
                .run(p.elements());
    }

    private static float size(float learningRate, double beta1, long step) {
        return (float) (decimal(learningRate) / (1 - Math.pow(beta1, (double) step)));
    }

    private static float rootCorrection(double beta2, long step) {
        return (float) Math.sqrt(1 - Math.pow(beta2, (double) step));
    }

    private static double decimal(float value) {
        return Double.parseDouble(Float.toString(value));
    }
}
