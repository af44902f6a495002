package org.rlr.cuda;

import static org.rlr.cuda.CudaStorage.address;

import org.rlr.tensor.Shape;
import org.rlr.tensor.backend.View;

/** Sums, maxima and softmax: kernels/reduction.cu. Only extents decide how a sum is split. */
final class CudaReduction {
    private static final String FILE = "reduction";
    /** The most terms that a single thread adds. */
    private static final int FEW_TERMS = 64;
    /** The fewest rows in a chunk of a column, and the most chunks. */
    private static final int CHUNK_ROWS = 128;

    private static final int CHUNKS = 64;

    private final CudaEngine engine;

    CudaReduction(CudaEngine engine) {
        this.engine = engine;
    }

    void sumTo(View x, View y, boolean accumulate) {
        if (y.elements() == 0) {
            return;
        }
        Axes kept = new Axes(1);
        Axes summed = new Axes(1);
        split(x.shape(), y.shape(), kept, summed);
        int terms = x.elements() == 0 ? 0 : summed.elements();
        boolean isColumns = kept.count() == 1
                && summed.count() == 1
                && kept.strides(0)[0] == 1
                && summed.strides(0)[0] == kept.extents()[0];
        if (isColumns && terms > FEW_TERMS) {
            columns(address(x), terms, kept.extents()[0], address(y), accumulate);
            return;
        }
        String kernel = terms <= FEW_TERMS ? "sumSmall" : "sumLarge";
        var launch = engine.kernel(FILE, kernel)
                .launch()
                .pointer(address(x))
                .pointer(address(y))
                .put(y.elements())
                .put(terms)
                .put(accumulate)
                .put(kept.count())
                .put(kept.extents())
                .put(kept.strides(0))
                .put(summed.count())
                .put(summed.extents())
                .put(summed.strides(0));
        if (terms <= FEW_TERMS) {
            launch.run(y.elements());
        } else {
            launch.run(y.elements(), 1, 256);
        }
    }

    private static void split(Shape x, Shape y, Axes kept, Axes summed) {
        int span = 1;
        for (int i = 1; i <= x.rank(); i++) {
            int extent = x.dim(-i);
            int target = i <= y.rank() ? y.dim(-i) : 1;
            if (target != extent && target != 1) {
                throw new IllegalArgumentException("shape " + x + " is not a broadcast of " + y);
            }
            (target == extent ? kept : summed).add(extent, span);
            span *= extent;
        }
    }

    private void columns(long x, int rows, int width, long y, boolean accumulate) {
        int chunks = Math.max(1, Math.min(CHUNKS, rows / CHUNK_ROWS));
        int chunkRows = (rows + chunks - 1) / chunks;
        engine.withWorkspace(4L * chunks * width, partial -> {
            engine.kernel(FILE, "columns")
                    .launch()
                    .pointer(x)
                    .pointer(partial.address())
                    .put(rows)
                    .put(width)
                    .put(chunkRows)
                    .run((width + 31) / 32, chunks, 256);
            engine.kernel(FILE, "addChunks")
                    .launch()
                    .pointer(partial.address())
                    .pointer(y)
                    .put(chunks)
                    .put(width)
                    .put(accumulate)
                    .run(width);
        });
    }

    void max(View x, int axis, View y) {
        int n = x.shape().dim(axis);
        if (n == 0 && y.elements() > 0) {
            throw new IllegalArgumentException("no maximum along axis " + axis + " of shape " + x.shape());
        }
        engine.kernel(FILE, "maximum")
                .launch()
                .pointer(address(x))
                .pointer(address(y))
                .put(y.elements())
                .put(n)
                .put(inner(x, axis))
                .run(y.elements());
    }

    void maxBackward(View x, View y, View dy, int axis, View dx, boolean accumulate) {
        engine.kernel(FILE, "maximumBackward")
                .launch()
                .pointer(address(x))
                .pointer(address(y))
                .pointer(address(dy))
                .pointer(address(dx))
                .put(y.elements())
                .put(x.shape().dim(axis))
                .put(inner(x, axis))
                .put(accumulate)
                .run(y.elements());
    }

    private static int inner(View x, int axis) {
        return x.shape().span(x.shape().axis(axis) + 1, x.shape().rank());
    }

    void softmax(View x, View y) {
        int rows = x.shape().rows();
        engine.kernel(FILE, "softmax")
                .launch()
                .pointer(address(x))
                .pointer(address(y))
                .put(rows)
                .put(x.shape().last())
                .runWarps(rows);
    }

    void softmaxBackward(View y, View dy, View dx, boolean accumulate) {
        int rows = y.shape().rows();
        engine.kernel(FILE, "softmaxBackward")
                .launch()
                .pointer(address(y))
                .pointer(address(dy))
                .pointer(address(dx))
                .put(rows)
                .put(y.shape().last())
                .put(accumulate)
                .runWarps(rows);
    }
}
