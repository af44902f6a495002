package org.rlr.cuda;

import static org.rlr.cuda.CudaStorage.address;

import org.rlr.tensor.Shape;
import org.rlr.tensor.backend.View;

/** Primitives that move elements: kernels/layout.cu. */
final class CudaLayout {
    private static final String FILE = "layout";

    private final CudaEngine engine;

    CudaLayout(CudaEngine engine) {
        this.engine = engine;
    }

    void permute(View x, int[] axes, View y) {
        if (x.elements() == 0) {
            return;
        }
        Shape shape = x.shape();
        Axes walk = new Axes(1);
        for (int i = axes.length - 1; i >= 0; i--) {
            int axis = shape.axis(axes[i]);
            walk.add(shape.dim(axis), shape.span(axis + 1, shape.rank()));
        }
        engine.kernel(FILE, "permute")
                .launch()
                .pointer(address(x))
                .pointer(address(y))
                .put(y.elements())
                .put(walk.count())
                .put(walk.extents())
                .put(walk.strides(0))
                .run(y.elements());
    }

    void slice(View x, int axis, int start, View y, boolean accumulate) {
        int length = y.shape().dim(axis);
        copyRuns(x, axis, start, x.shape().dim(axis), y, 0, length, length, accumulate);
    }

    void place(View x, int axis, int start, View y, boolean accumulate) {
        int length = x.shape().dim(axis);
        copyRuns(x, axis, 0, length, y, start, y.shape().dim(axis), length, accumulate);
    }

    private void copyRuns(
            View x,
            int axis,
            int xStart,
            int xExtent,
            View y,
            int yStart,
            int yExtent,
            int length,
            boolean accumulate) {
        Shape shape = x.shape();
        int a = shape.axis(axis);
        if (xStart < 0 || xStart + length > xExtent || yStart < 0 || yStart + length > yExtent) {
            throw new IllegalArgumentException(
                    "no elements " + Math.max(xStart, yStart) + " to " + (Math.max(xStart, yStart) + length)
                            + " along axis " + axis + ", shapes " + x.shape() + " and " + y.shape());
        }
        int inner = shape.span(a + 1, shape.rank());
        int run = length * inner;
        int elements = shape.span(0, a) * run;
        engine.kernel(FILE, "copyRuns")
                .launch()
                .pointer(address(x) + 4L * xStart * inner)
                .pointer(address(y) + 4L * yStart * inner)
                .put(elements)
                .put(run)
                .put(xExtent * inner)
                .put(yExtent * inner)
                .put(accumulate)
                .run(elements);
    }
}
