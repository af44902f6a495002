package org.rlr.tensor.cpu;

import java.util.Arrays;
import org.rlr.tensor.Shape;
import org.rlr.tensor.backend.Parallel;
import org.rlr.tensor.backend.View;

/** Sums, maxima and softmax. Partial sums are split by size only and added in order: no result depends on threads. */
final class CpuReduction {
    /** Minimum rows per partial sum of a column. */
    private static final int CHUNK_ROWS = 64;
    /** Maximum number of partial sums of a column. */
    private static final int CHUNKS = 64;

    private final ElementwiseKernels elementwise;
    private final RowKernels rows;
    private final Parallel parallel;

    CpuReduction(ElementwiseKernels elementwise, RowKernels rows, Parallel parallel) {
        this.elementwise = elementwise;
        this.rows = rows;
        this.parallel = parallel;
    }

    void sumTo(View x, View y, boolean accumulate) {
        float[] ys = CpuStorage.array(y);
        if (!accumulate) {
            Arrays.fill(ys, y.offset(), y.offset() + y.elements(), 0);
        }
        if (x.elements() == 0) {
            return;
        }
        Groups g = new Groups(x.shape(), y.shape());
        float[] xs = CpuStorage.array(x);
        if (g.count == 1 && g.kept[0]) {
            elementwise.copy(xs, x.offset(), ys, y.offset(), g.extents[0], true);
        } else if (g.count == 1) {
            ys[y.offset()] += total(xs, x.offset(), g.extents[0]);
        } else if (g.count == 2 && g.kept[0]) {
            int n = g.extents[1];
            parallel.forRange(g.extents[0], Math.max(1, CpuElementwise.GRAIN / n), (from, to) -> {
                for (int i = from; i < to; i++) {
                    ys[y.offset() + i] += rows.sum(xs, x.offset() + i * n, n);
                }
            });
        } else if (g.count == 2) {
            columns(xs, x.offset(), g.extents[0], g.extents[1], ys, y.offset());
        } else if (g.count == 3 && g.kept[0]) {
            int matrix = g.extents[1] * g.extents[2];
            for (int i = 0; i < g.extents[0]; i++) {
                columns(xs, x.offset() + i * matrix, g.extents[1], g.extents[2], ys, y.offset() + i * g.extents[2]);
            }
        } else {
            general(g, xs, x.offset(), ys, y.offset());
        }
    }

    private float total(float[] x, int xo, int n) {
        int chunks = Math.max(1, Math.min(CHUNKS, n / CpuElementwise.GRAIN));
        int size = (n + chunks - 1) / chunks;
        float[] partial = Scratch.get(Scratch.PARTIAL, chunks);
        parallel.forEach(chunks, i -> {
            int from = Math.min(n, i * size);
            partial[i] = rows.sum(x, xo + from, Math.min(n, from + size) - from);
        });
        double sum = 0;
        for (int i = 0; i < chunks; i++) {
            sum += partial[i];
        }
        return (float) sum;
    }

    /** {@code y[j] += Σᵢ x[i, j]}. */
    private void columns(float[] x, int xo, int height, int width, float[] y, int yo) {
        int chunks = Math.max(1, Math.min(CHUNKS, height / CHUNK_ROWS));
        int size = (height + chunks - 1) / chunks;
        float[] partial = Scratch.get(Scratch.PARTIAL, chunks * width);
        Arrays.fill(partial, 0, chunks * width, 0);
        Parallel over = (long) height * width < CpuElementwise.GRAIN ? Parallel.SERIAL : parallel;
        over.forEach(chunks, c -> {
            for (int i = c * size; i < Math.min(height, (c + 1) * size); i++) {
                elementwise.copy(x, xo + i * width, partial, c * width, width, true);
            }
        });
        for (int c = 0; c < chunks; c++) {
            elementwise.copy(partial, c * width, y, yo, width, true);
        }
    }

    private void general(Groups g, float[] x, int xo, float[] y, int yo) {
        int last = g.count - 1;
        int run = g.extents[last];
        int outer = 1;
        for (int i = 0; i < last; i++) {
            outer *= g.extents[i];
        }
        for (int r = 0; r < outer; r++) {
            int target = g.kept[last] ? run : 1;
            int place = 0;
            int rest = r;
            for (int i = last - 1; i >= 0; i--) {
                int at = rest % g.extents[i];
                rest /= g.extents[i];
                if (g.kept[i]) {
                    place += at * target;
                    target *= g.extents[i];
                }
            }
            if (g.kept[last]) {
                elementwise.copy(x, xo + r * run, y, yo + place, run, true);
            } else {
                y[yo + place] += rows.sum(x, xo + r * run, run);
            }
        }
    }

    void max(View x, int axis, View y) {
        float[] xs = CpuStorage.array(x);
        float[] ys = CpuStorage.array(y);
        int n = x.shape().dim(axis);
        if (n == 0 && y.elements() > 0) {
            throw new IllegalArgumentException("no maximum along axis " + axis + " of shape " + x.shape());
        }
        int inner = x.shape().span(x.shape().axis(axis) + 1, x.shape().rank());
        parallel.forRange(y.elements(), Math.max(1, CpuElementwise.GRAIN / Math.max(1, n)), (from, to) -> {
            for (int i = from; i < to; i++) {
                int place = x.offset() + i / inner * n * inner + i % inner;
                float best = xs[place];
                for (int j = 1; j < n; j++) {
                    best = Math.max(best, xs[place + j * inner]);
                }
                ys[y.offset() + i] = best;
            }
        });
    }

    void maxBackward(View x, View y, View dy, int axis, View dx, boolean accumulate) {
        float[] xs = CpuStorage.array(x);
        float[] ys = CpuStorage.array(y);
        float[] dys = CpuStorage.array(dy);
        float[] dxs = CpuStorage.array(dx);
        int n = x.shape().dim(axis);
        int inner = x.shape().span(x.shape().axis(axis) + 1, x.shape().rank());
        parallel.forRange(y.elements(), Math.max(1, CpuElementwise.GRAIN / Math.max(1, n)), (from, to) -> {
            for (int i = from; i < to; i++) {
                int place = i / inner * n * inner + i % inner;
                float best = ys[y.offset() + i];
                boolean found = false;
                for (int j = 0; j < n; j++) {
                    int at = place + j * inner;
                    float value = xs[x.offset() + at];
                    boolean here = !found && (value == best || (Float.isNaN(value) && Float.isNaN(best)));
                    found |= here;
                    float d = here ? dys[dy.offset() + i] : 0;
                    dxs[dx.offset() + at] = accumulate ? dxs[dx.offset() + at] + d : d;
                }
            }
        });
    }

    void softmax(View x, View y) {
        float[] xs = CpuStorage.array(x);
        float[] ys = CpuStorage.array(y);
        int n = x.shape().last();
        forRows(x, (from, to) -> {
            for (int i = from; i < to; i++) {
                rows.softmax(xs, x.offset() + i * n, ys, y.offset() + i * n, n);
            }
        });
    }

    void softmaxBackward(View y, View dy, View dx, boolean accumulate) {
        float[] ys = CpuStorage.array(y);
        float[] dys = CpuStorage.array(dy);
        float[] dxs = CpuStorage.array(dx);
        int n = y.shape().last();
        forRows(y, (from, to) -> {
            for (int i = from; i < to; i++) {
                rows.softmaxBackward(
                        ys, y.offset() + i * n, dys, dy.offset() + i * n, dxs, dx.offset() + i * n, n, accumulate);
            }
        });
    }

    private void forRows(View x, Parallel.RangeBody body) {
        parallel.forRange(
                x.shape().rows(),
                Math.max(1, CpuElementwise.HEAVY_GRAIN / Math.max(1, x.shape().last())),
                body);
    }

    /**
     * The axes of x merged into alternating runs of kept and summed axes, outermost first, without axes of extent 1.
     */
    private static final class Groups {
        private final int[] extents;
        private final boolean[] kept;
        private final int count;

        Groups(Shape x, Shape y) {
            extents = new int[x.rank() + 1];
            kept = new boolean[x.rank() + 1];
            int n = 0;
            for (int i = 0; i < x.rank(); i++) {
                int extent = x.dim(i);
                int j = i - (x.rank() - y.rank());
                int target = j < 0 ? 1 : y.dim(j);
                if (target != extent && target != 1) {
                    throw new IllegalArgumentException("shape " + y + " does not broadcast to " + x);
                }
                if (extent == 1) {
                    continue;
                }
                boolean keep = target == extent;
                if (n > 0 && kept[n - 1] == keep) {
                    extents[n - 1] *= extent;
                } else {
                    extents[n] = extent;
                    kept[n] = keep;
                    n++;
                }
            }
            if (n == 0) {
                extents[0] = 1;
                kept[0] = true;
                n = 1;
            }
            count = n;
        }
    }
}
