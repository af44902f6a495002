package org.rlr.tensor.backend;

import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.rlr.tensor.Shape;

/** The contract of the primitives that move elements. */
public abstract class LayoutContract extends BackendContract {

    @Test
    void permuteMovesEveryElement() {
        for (int repeat = 0; repeat < 120; repeat++) {
            int rank = fuzz.between(0, 5);
            int[] extents = new int[rank];
            int[] axes = new int[rank];
            for (int i = 0; i < rank; i++) {
                extents[i] = rank < 4 && fuzz.flip() ? fuzz.size(0, 33) : fuzz.between(repeat % 20 == 0 ? 0 : 1, 5);
                int at = fuzz.between(0, i);
                axes[i] = axes[at];
                axes[at] = i;
            }
            permute(extents, axes);
        }
    }

    @Test
    void permuteOfLargeArrays() {
        permute(new int[] {300, 500}, new int[] {1, 0});
        permute(new int[] {2, 130, 8, 67}, new int[] {0, 2, 1, 3});
        permute(new int[] {2, 130, 8, 67}, new int[] {0, 3, 1, 2});
    }

    private void permute(int[] extents, int[] axes) {
        Shape x = Shape.of(extents);
        int rank = axes.length;
        int[] out = new int[rank];
        for (int i = 0; i < rank; i++) {
            out[i] = extents[axes[i]];
        }
        double[] xs = fuzz.normals(x.elements());
        double[] exact = new double[xs.length];
        int[] at = new int[rank];
        for (int i = 0; i < exact.length; i++) {
            int rest = i;
            for (int a = rank - 1; a >= 0; a--) {
                at[axes[a]] = rest % out[a];
                rest /= out[a];
            }
            int source = 0;
            for (int a = 0; a < rank; a++) {
                source = source * extents[a] + at[a];
            }
            exact[i] = xs[source];
        }
        View y = output(out);
        backend.permute(input(xs, extents), axes, y);
        ErrorBound.same("permute " + x + " by " + Arrays.toString(axes) + " " + fuzz, exact, read(y));
    }

    @Test
    void sliceAndPlaceAreInverse() {
        for (int repeat = 0; repeat < 120; repeat++) {
            int rank = fuzz.between(1, 4);
            int[] extents = new int[rank];
            for (int i = 0; i < rank; i++) {
                extents[i] = fuzz.flip() ? fuzz.between(1, 5) : fuzz.size(0, 33);
            }
            int axis = fuzz.between(0, rank - 1);
            int whole = extents[axis];
            int start = fuzz.between(0, whole);
            int length = fuzz.between(0, whole - start);
            int[] part = extents.clone();
            part[axis] = length;
            Shape large = Shape.of(extents);
            Shape small = Shape.of(part);
            int inner = large.span(axis + 1, rank);
            boolean accumulate = fuzz.flip();
            String what = small + " of " + large + " from " + start + " along " + axis + " " + fuzz;

            double[] xs = fuzz.normals(large.elements());
            double[] before = fuzz.normals(small.elements());
            double[] sliced = new double[small.elements()];
            double[] values = fuzz.normals(small.elements());
            double[] placed = xs.clone();
            for (int i = 0; i < sliced.length; i++) {
                int source = i / (length * inner) * whole * inner + start * inner + i % (length * inner);
                sliced[i] = (accumulate ? before[i] : 0) + xs[source];
                placed[source] = (accumulate ? xs[source] : 0) + values[i];
            }
            View y = result(accumulate, before, part);
            backend.slice(input(xs, extents), axis, start, y, accumulate);
            ErrorBound.check("slice " + what, sliced, sliced, read(y), 2, 1);
            View target = state(xs, extents);
            backend.place(input(values, part), axis - rank, start, target, accumulate);
            ErrorBound.check("place " + what, placed, placed, read(target), 2, 1);
        }
    }
}
