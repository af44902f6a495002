package org.rlr.tensor.cpu;

import org.rlr.tensor.Shape;
import org.rlr.tensor.backend.Parallel;
import org.rlr.tensor.backend.View;

/** Primitives that move elements: permutation, slices. */
final class CpuLayout {
    /** Side length of transposition tiles. */
    private static final int TILE = 16;

    private final ElementwiseKernels kernels;
    private final Parallel parallel;

    CpuLayout(ElementwiseKernels kernels, Parallel parallel) {
        this.kernels = kernels;
        this.parallel = parallel;
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
        int outer = shape.span(0, a);
        int inner = shape.span(a + 1, shape.rank());
        int run = length * inner;
        if (run == 0) {
            return;
        }
        float[] xs = CpuStorage.array(x);
        float[] ys = CpuStorage.array(y);
        int xo = x.offset() + xStart * inner;
        int yo = y.offset() + yStart * inner;
        if (outer == 1) {
            parallel.forRange(
                    run,
                    CpuElementwise.GRAIN,
                    (from, to) -> kernels.copy(xs, xo + from, ys, yo + from, to - from, accumulate));
            return;
        }
        parallel.forRange(outer, Math.max(1, CpuElementwise.GRAIN / run), (from, to) -> {
            for (int i = from; i < to; i++) {
                kernels.copy(xs, xo + i * xExtent * inner, ys, yo + i * yExtent * inner, run, accumulate);
            }
        });
    }

    void permute(View x, int[] axes, View y) {
        if (x.elements() == 0) {
            return;
        }
        int rank = axes.length;
        int[] xStrides = new int[rank];
        int span = 1;
        for (int i = rank - 1; i >= 0; i--) {
            xStrides[i] = span;
            span *= x.shape().dim(i);
        }
        // y's axes, merged if they are also adjacent in x
        int[] extents = new int[rank + 1];
        int[] strides = new int[rank + 1];
        int n = 0;
        for (int axis : axes) {
            int extent = x.shape().dim(axis);
            if (extent == 1) {
                continue;
            }
            int stride = xStrides[x.shape().axis(axis)];
            if (n > 0 && strides[n - 1] == extent * stride) {
                extents[n - 1] *= extent;
                strides[n - 1] = stride;
            } else {
                extents[n] = extent;
                strides[n] = stride;
                n++;
            }
        }
        if (n == 0) {
            CpuStorage.array(y)[y.offset()] = CpuStorage.array(x)[x.offset()];
            return;
        }
        if (strides[n - 1] == 1) {
            runs(x, y, extents, strides, n);
        } else {
            transpose(x, y, extents, strides, n);
        }
    }

    /** The last axis of y is contiguous in x. */
    private void runs(View x, View y, int[] extents, int[] strides, int n) {
        float[] xs = CpuStorage.array(x);
        float[] ys = CpuStorage.array(y);
        int run = extents[n - 1];
        parallel.forRange(y.elements() / run, Math.max(1, CpuElementwise.GRAIN / run), (from, to) -> {
            for (int i = from; i < to; i++) {
                System.arraycopy(
                        xs, x.offset() + source(i, extents, strides, n - 1, -1), ys, y.offset() + i * run, run);
            }
        });
    }

    /** Another axis of y is contiguous in x: uses tiles over that axis and the last. */
    private void transpose(View x, View y, int[] extents, int[] strides, int n) {
        float[] xs = CpuStorage.array(x);
        float[] ys = CpuStorage.array(y);
        int unit = 0;
        while (strides[unit] != 1) {
            unit++;
        }
        int axis = unit;
        int across = extents[axis];
        int columns = extents[n - 1];
        int xStride = strides[n - 1];
        int yStride = 1;
        for (int i = axis + 1; i < n; i++) {
            yStride *= extents[i];
        }
        int rowStride = yStride;
        int bands = (across + TILE - 1) / TILE;
        int others = y.elements() / across / columns;
        parallel.forRange(others * bands, Math.max(1, CpuElementwise.GRAIN / (TILE * columns)), (from, to) -> {
            for (int i = from; i < to; i++) {
                int other = i / bands;
                int top = i % bands * TILE;
                int bottom = Math.min(across, top + TILE);
                int xo = x.offset() + source(other, extents, strides, n - 1, axis);
                int yo = y.offset() + target(other, extents, n, axis);
                for (int left = 0; left < columns; left += TILE) {
                    int right = Math.min(columns, left + TILE);
                    for (int r = top; r < bottom; r++) {
                        int xRow = xo + r;
                        int yRow = yo + r * rowStride;
                        for (int c = left; c < right; c++) {
                            ys[yRow + c] = xs[xRow + c * xStride];
                        }
                    }
                }
            }
        });
    }

    /**
     * Returns the start in x of the {@code index}-th combination of the first {@code n} axes, without axis
     * {@code skip}.
     */
    private static int source(int index, int[] extents, int[] strides, int n, int skip) {
        int place = 0;
        int rest = index;
        for (int i = n - 1; i >= 0; i--) {
            if (i != skip) {
                place += rest % extents[i] * strides[i];
                rest /= extents[i];
            }
        }
        return place;
    }

    /** Returns the start in y of the {@code index}-th combination of all axes except the last and {@code skip}. */
    private static int target(int index, int[] extents, int n, int skip) {
        int place = 0;
        int rest = index;
        int stride = extents[n - 1];
        for (int i = n - 2; i >= 0; i--) {
            if (i != skip) {
                place += rest % extents[i] * stride;
                rest /= extents[i];
            }
            stride *= extents[i];
        }
        return place;
    }
}
