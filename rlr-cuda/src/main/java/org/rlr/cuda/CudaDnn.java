package org.rlr.cuda;

import static org.rlr.cuda.CudaStorage.address;

import java.util.function.Consumer;
import jcuda.Pointer;
import org.jspecify.annotations.Nullable;
import org.rlr.cuda.driver.Kernel;
import org.rlr.cuda.lib.Dnn;
import org.rlr.cuda.lib.DnnPlan;
import org.rlr.tensor.Shape;
import org.rlr.tensor.backend.ConvGeometry;
import org.rlr.tensor.backend.View;

/**
 * Convolutions by cuDNN, which pads both sides of an axis alike. For other padding, as by TensorFlow's rule with an
 * even image, kernels/convolution.cu first makes a padded copy of the image.
 */
final class CudaDnn {
    private final CudaEngine engine;
    private final Dnn dnn;

    CudaDnn(CudaEngine engine, Dnn dnn) {
        this.engine = engine;
        this.dnn = dnn;
    }

    /**
     * The input that cuDNN reads.
     *
     * @param whole whether it is the image itself; otherwise it is a padded copy
     * @param top for the image, the rows of zeros that cuDNN adds above and below; for a copy, those that it has above
     * @param left the same for columns on the left (and right)
     */
    private record Input(boolean whole, int height, int width, int top, int left) {
        static Input of(Shape x, Shape y, ConvGeometry g) {
            int top = g.before(x.dim(1));
            int left = g.before(x.dim(2));
            if (fits(x.dim(1), top, y.dim(1), g) && fits(x.dim(2), left, y.dim(2), g)) {
                return new Input(true, x.dim(1), x.dim(2), top, left);
            }
            return new Input(
                    false,
                    (y.dim(1) - 1) * g.stride() + g.kernel(),
                    (y.dim(2) - 1) * g.stride() + g.kernel(),
                    top,
                    left);
        }

        /** Whether equal padding before and after gives exactly this number of outputs. */
        private static boolean fits(int in, int before, int out, ConvGeometry g) {
            return Math.floorDiv(in + 2 * before - g.kernel(), g.stride()) + 1 == out;
        }

        Dnn.Problem problem(Dnn.Pass pass, Shape x, Shape y, ConvGeometry g) {
            return new Dnn.Problem(
                    pass,
                    x.dim(0),
                    height,
                    width,
                    x.dim(3),
                    y.dim(1),
                    y.dim(2),
                    y.dim(3),
                    g.kernel(),
                    g.stride(),
                    whole ? top : 0,
                    whole ? left : 0);
        }

        int elements(Shape x) {
            return Math.multiplyExact(Math.multiplyExact(x.dim(0), x.dim(3)), Math.multiplyExact(height, width));
        }
    }

    /** {@code y = conv(x, w)}. @return false, with nothing done, if cuDNN does not compute it */
    boolean forward(View x, View w, ConvGeometry g, View y) {
        Input input = Input.of(x.shape(), y.shape(), g);
        DnnPlan plan = plan(Dnn.Pass.FORWARD, input, x.shape(), y.shape(), g);
        if (plan == null) {
            return false;
        }
        withInput(input, x, image -> run(plan, image, pointer(w), pointer(y), false));
        return true;
    }

    /** {@code dx (+)=} the input's gradient. @return false, with nothing done, if cuDNN does not compute it */
    boolean backwardInput(View dy, View w, ConvGeometry g, View dx, boolean accumulate) {
        Input input = Input.of(dx.shape(), dy.shape(), g);
        DnnPlan plan = plan(Dnn.Pass.INPUT_GRADIENT, input, dx.shape(), dy.shape(), g);
        if (plan == null) {
            return false;
        }
        if (input.whole) {
            run(plan, pointer(dx), pointer(w), pointer(dy), accumulate);
        } else {
            engine.withWorkspace(4L * input.elements(dx.shape()), window -> {
                run(plan, window.pointer(0), pointer(w), pointer(dy), false);
                extents(
                                engine.kernel("convolution", "fromWindow")
                                        .launch()
                                        .pointer(window.address())
                                        .pointer(address(dx))
                                        .put(dx.elements()),
                                dx.shape(),
                                input)
                        .put(accumulate)
                        .run(dx.elements());
            });
        }
        return true;
    }

    /** {@code dw (+)=} the weights' gradient. @return false, with nothing done, if cuDNN does not compute it */
    boolean backwardWeights(View x, View dy, ConvGeometry g, View dw, boolean accumulate) {
        Input input = Input.of(x.shape(), dy.shape(), g);
        DnnPlan plan = plan(Dnn.Pass.WEIGHT_GRADIENT, input, x.shape(), dy.shape(), g);
        if (plan == null) {
            return false;
        }
        withInput(input, x, image -> run(plan, image, pointer(dw), pointer(dy), accumulate));
        return true;
    }

    /**
     * The plan of cuDNN, or null for RLR's own kernels. cuDNN refuses empty tensors; depthwise convolutions are bound
     * by memory, and no network here has other groups.
     */
    private @Nullable DnnPlan plan(Dnn.Pass pass, Input input, Shape x, Shape y, ConvGeometry g) {
        if (g.groups() != 1 || x.elements() == 0 || y.elements() == 0) {
            return null;
        }
        return dnn.plan(input.problem(pass, x, y, g)).orElse(null);
    }

    /** Does the work with the input that cuDNN reads for the image x. */
    private void withInput(Input input, View x, Consumer<Pointer> work) {
        if (input.whole) {
            work.accept(pointer(x));
            return;
        }
        int elements = input.elements(x.shape());
        engine.withWorkspace(4L * elements, window -> {
            extents(
                            engine.kernel("convolution", "toWindow")
                                    .launch()
                                    .pointer(address(x))
                                    .pointer(window.address())
                                    .put(elements),
                            x.shape(),
                            input)
                    .put(false)
                    .run(elements);
            work.accept(window.pointer(0));
        });
    }

    private static Kernel.Launch extents(Kernel.Launch launch, Shape x, Input input) {
        return launch.put(x.dim(1))
                .put(x.dim(2))
                .put(x.dim(3))
                .put(input.height)
                .put(input.width)
                .put(input.top)
                .put(input.left);
    }

    private void run(DnnPlan plan, Pointer x, Pointer w, Pointer y, boolean accumulate) {
        if (plan.workspaceBytes() == 0) {
            dnn.run(plan, x, w, y, new Pointer(), accumulate);
        } else {
            engine.withWorkspace(
                    plan.workspaceBytes(), workspace -> dnn.run(plan, x, w, y, workspace.pointer(0), accumulate));
        }
    }

    private static Pointer pointer(View view) {
        return CudaStorage.buffer(view).pointer(4L * view.offset());
    }
}
