package org.rlr.tensor.backend;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.rlr.tensor.Shape;

/**
 * The base class of the contracts of primitives. Arguments lie inside larger storages filled with NaN, as are results
 * before the call. After the test the surroundings must still be NaN, the inputs unchanged and all memory released.
 */
public abstract class BackendContract {
    private static final int MARGIN = 19;

    /** The backend under test, new for every test. */
    protected Backend backend;
    /** The source of sizes and values. */
    protected ShapeFuzz fuzz;

    /** Records the backend's calls; null to disable recording. */
    PrimitiveCoverage.Calls calls;

    private final List<Held> held = new ArrayList<>();

    /** Starts a backend; the contract closes it. */
    protected abstract Backend backend();

    private record Held(View whole, View view, float[] unchanged) {}

    @BeforeEach
    void open() {
        backend = calls == null ? backend() : calls.on(backend());
        fuzz = ShapeFuzz.create();
    }

    /** An argument that the primitive must not change. */
    protected final View input(double[] values, int... extents) {
        return hold(floats(values), true, extents);
    }

    /** An argument that the primitive changes. */
    protected final View state(double[] values, int... extents) {
        return hold(floats(values), false, extents);
    }

    /** A result, full of NaN. */
    protected final View output(int... extents) {
        float[] poison = new float[Shape.of(extents).elements()];
        Arrays.fill(poison, Float.NaN);
        return hold(poison, false, extents);
    }

    /** A result: {@code before} if the primitive accumulates, otherwise NaN. */
    protected final View result(boolean accumulate, double[] before, int... extents) {
        return accumulate ? state(before, extents) : output(extents);
    }

    private View hold(float[] values, boolean readOnly, int... extents) {
        Shape shape = Shape.of(extents);
        assertEquals(shape.elements(), values.length, "values for shape " + shape);
        int before = fuzz.between(0, MARGIN);
        int after = fuzz.between(0, MARGIN);
        Storage storage = backend.allocate(before + values.length + after);
        View whole = new View(storage, 0, Shape.of(storage.elements()));
        float[] all = new float[storage.elements()];
        Arrays.fill(all, Float.NaN);
        System.arraycopy(values, 0, all, before, values.length);
        backend.upload(all, 0, whole);
        View view = new View(storage, before, shape);
        held.add(new Held(whole, view, readOnly ? values : null));
        return view;
    }

    /** The values of a view. */
    protected final float[] read(View view) {
        float[] values = new float[view.elements()];
        backend.download(view, values, 0);
        return values;
    }

    /** Converts values that are exact floats. */
    protected static float[] floats(double[] values) {
        float[] result = new float[values.length];
        for (int i = 0; i < values.length; i++) {
            result[i] = (float) values[i];
        }
        return result;
    }

    /** Returns {@code before + values} if {@code accumulate}, otherwise the values. */
    protected static double[] plus(boolean accumulate, double[] before, double[] values) {
        if (!accumulate) {
            return values;
        }
        double[] sum = new double[values.length];
        for (int i = 0; i < sum.length; i++) {
            sum[i] = before[i] + values[i];
        }
        return sum;
    }

    @AfterEach
    void checkSurroundingsAndRelease() {
        for (Held h : held) {
            float[] all = read(h.whole);
            int from = h.view.offset();
            int to = from + h.view.elements();
            for (int i = 0; i < all.length; i++) {
                if (i < from || i >= to) {
                    assertTrue(
                            Float.isNaN(all[i]),
                            "a primitive wrote outside a view of shape " + h.view.shape() + "; " + fuzz);
                } else if (h.unchanged != null) {
                    assertEquals(
                            h.unchanged[i - from],
                            all[i],
                            "a primitive changed its input of shape " + h.view.shape() + "; " + fuzz);
                }
            }
        }
        held.forEach(h -> h.whole.storage().release());
        held.clear();
        assertEquals(0, backend.memory().used(), "bytes in use at the end");
        backend.close();
    }
}
